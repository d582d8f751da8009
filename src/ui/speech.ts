import { html as inItsLanguage, type TemplateResult } from 'lit';
import { inEnglish, type Say } from '../base/say.ts';
import * as errors from '../protocol/errors.ts';

/** A language other than English, with all that is drawn here. It comes from outside: no bundle that is loaded at once holds one. */
export interface Speech {
  /** For dates and numbers: BCP 47. */
  readonly locale: string;
  readonly texts: Readonly<Record<string, string>>;
  /** A template in this language, with its values in the order of its own sentences. */
  template(strings: TemplateStringsArray, values: readonly unknown[]): readonly [TemplateStringsArray, ...unknown[]];
}

declare global {
  /** Put there before the first script of a document runs. */
  var c2lSpeech: Speech | undefined;
}

let speech = globalThis.c2lSpeech;

/** Has all that is drawn from now on be in this language; in English without one. */
export function speak(other: Speech | undefined): void {
  speech = other;
}

/** The language of dates and numbers. @param english where English has several */
export function locale(english = 'en'): string {
  return speech?.locale ?? english;
}

/** In the language of the reader. Every text said so stands in `l10n/ui.de.json`. */
export const say: Say = (english, ...values) => inEnglish(speech?.texts[english] ?? english, ...values);

/** Lit's, with the texts of the template and its names for those who hear them in the language of the reader. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): TemplateResult<1> {
  return speech ? inItsLanguage(...speech.template(strings, values)) : inItsLanguage(strings, ...values);
}

export function wordsOf(code: errors.ErrorCode, detail?: string): string {
  return errors.wordsOf(code, detail, say);
}
