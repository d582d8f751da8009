const MAX_TITLE_UNITS = 60;

/** A conversation's first title: the first line of its first question that says something, at most 60 UTF-16 units. */
export function titleFrom(text: string): string {
  const line = text
    .split('\n')
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .find((part) => part !== '');
  if (line === undefined || line.length <= MAX_TITLE_UNITS) return line ?? '';
  const cut = line.slice(0, MAX_TITLE_UNITS - 1);
  const space = cut.lastIndexOf(' ');
  // A word is not cut unless it is most of the line; half a surrogate pair is never left.
  const kept = space > MAX_TITLE_UNITS / 2 ? cut.slice(0, space) : cut.replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}…`;
}
