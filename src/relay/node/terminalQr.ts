import { renderUnicodeCompact } from 'uqr';

/** Bright white on black, whatever the terminal's own colours are: many readers know no code with light on dark reversed. */
const IN_WHITE_ON_BLACK = '\u001b[97;40m';
const AS_BEFORE = '\u001b[0m';

/** A QR code for a terminal, two of its rows in each line; with the quiet zone that readers need (ISO/IEC 18004, section 6.3.8). */
export function terminalQr(text: string): string {
  const lines = renderUnicodeCompact(text, { ecc: 'L', border: 4 }).split('\n');
  return lines.map((line) => `${IN_WHITE_ON_BLACK}${line}${AS_BEFORE}\n`).join('');
}
