import { speak } from '../ui/speech.ts';

/** The first of a person's languages that the page speaks; English where it speaks none. */
export function languageOf(wanted: readonly string[]): 'en' | 'de' {
  const known = wanted.map((tag) => /^(en|de)(-|$)/i.exec(tag)?.[1]?.toLowerCase());
  return known.find((language) => language !== undefined) === 'de' ? 'de' : 'en';
}

/** Settles when the page speaks the language of its reader; undefined while that is so anyway. Without its words it stays English. */
export let languageComing: Promise<void> | undefined = languageOf(navigator.languages) === 'de' ? speakGerman() : undefined;

async function speakGerman(): Promise<void> {
  try {
    speak((await import('../ui/german.ts')).german);
    document.documentElement.lang = 'de';
  } catch {
    // The file did not come: a page that can be read is worth more than one that waits.
  }
  languageComing = undefined;
}
