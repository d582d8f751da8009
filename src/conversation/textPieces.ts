/** The longest beginning of `text` from `from` on with at most `units` UTF-16 units that does not cut a surrogate pair in two. */
export function pieceAt(text: string, from: number, units: number): string {
  const piece = text.slice(from, from + units);
  return from + units < text.length && endsInHighSurrogate(piece) ? piece.slice(0, -1) : piece;
}

/** Cuts `text` into pieces of at most `units` UTF-16 units. None for an empty text. */
export function piecesOf(text: string, units: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const piece = pieceAt(text, at, units);
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

export function endsInHighSurrogate(text: string): boolean {
  return /[\uD800-\uDBFF]$/.test(text);
}

/** Replaces lone surrogates: they exist in no UTF-8, so neither the store nor the wire could keep them. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
