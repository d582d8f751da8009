import type { SeededRandom } from '../fakes/seededRandom.ts';

const alphabets: readonly (readonly string[])[] = [
  ['the ', 'quick ', 'brown ', 'fox ', 'jumps. ', '\n', '- item\n', '`code` ', '**bold** '],
  ['你好', '世界', '，', '模型', '。', '東京', 'とても', '한국어 '],
  ['😀', '👩‍👩‍👧', '🇩🇪', '🏳️‍🌈', 'é', 'e\u0301', '𝒳', ' '],
  ['```ts\n', 'const x = 1;\n', '```\n', '{"a":"\\n"}\n', '\u0000', '\u2028', '<b>&amp;</b>', '\t'],
];

/** Text of about `units` UTF-16 units: words, code, Chinese, emoji, and characters that JSON escapes. */
export function someText(random: SeededRandom, units: number): string {
  const parts: string[] = [];
  let length = 0;
  while (length < units) {
    const alphabet = alphabets[random.int(alphabets.length)] ?? [];
    for (let left = 1 + random.int(12); left > 0 && length < units; left--) {
      const part = alphabet[random.int(alphabet.length)] ?? '';
      parts.push(part);
      length += part.length;
    }
  }
  return parts.join('');
}

/** Cuts text anywhere, inside characters too, into about `count` pieces. */
export function somePieces(random: SeededRandom, text: string, count: number): string[] {
  const pieces: string[] = [];
  const longest = Math.max(1, Math.ceil((2 * text.length) / count));
  for (let at = 0; at < text.length;) {
    const end = at + 1 + random.int(longest);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}
