/** Somebody else's text on one line of a list: no icon of the editor may stand in it. */
export function plainLabel(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('$(', '$\u200b(');
}
