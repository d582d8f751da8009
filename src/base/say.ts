/**
 * Says an English text in the language of whoever reads it; `{0}`, `{1}`, … are places for values. The editor hands in its own, which looks
 * the text up; every text that is said so stands in `l10n/bundle.l10n.json`.
 */
export type Say = (english: string, ...values: readonly (string | number)[]) => string;

/** As it stands. */
export const inEnglish: Say = (english, ...values) =>
  english.replace(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));

/** Marks an English text that is said later, in the language of then. */
export function noted<Text extends string>(english: Text): Text {
  return english;
}
