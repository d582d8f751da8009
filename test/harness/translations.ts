import assert from 'node:assert/strict';

/** What must come through a translation unchanged: places for values, commands, code, emphasis and addresses, in any order. */
function fixedParts(text: string): string[] {
  return [...text.matchAll(/\{\d+\}|\(command:[^)]+\)|`[^`]+`|<[^>]+>|https?:\/\/[^\s)`<]+|\n|\d+/g)].map(([part]) => part).sort();
}

/** Words that no German sentence has. */
export const englishWords = /\b(the|and|of|is|your|with|you)\b/i;

function endOf(text: string): string {
  return /[.?…:]?\s*$/.exec(text)?.[0] ?? '';
}

/** Asserts that texts are translated as texts of a program are: places kept, nothing left in English, ended alike. */
export function assertTranslated(pairs: readonly (readonly [english: string, german: string])[], alike: ReadonlySet<string>): void {
  for (const [english, german] of pairs) {
    assert.deepEqual(fixedParts(german), fixedParts(english), english);
    assert.doesNotMatch(german.replace(/`[^`]*`|<code>.*?<\/code>|\(command:[^)]*\)/g, ''), englishWords, german);
    assert.equal(endOf(german), endOf(english), english);
  }
  const left = pairs.filter(([english, german]) => english === german && !alike.has(english));
  assert.deepEqual(left, []);
}
