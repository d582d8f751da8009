let isWatching = false;
/** Some text of the document is selected. */
let isSelected = false;

/** Asking for the selection has the browser lay everything out, so it is asked when it changes, not with each paint. */
function watch(document: Document): void {
  isWatching = true;
  const look = (): void => {
    isSelected = document.getSelection()?.isCollapsed === false;
  };
  document.addEventListener('selectionchange', look);
  look();
}

/** Does `change` within `root` and leaves selected what was selected, where the same text is still there. */
export function keepSelection(root: Element, change: () => void): void {
  const { ownerDocument: document } = root;
  if (!isWatching) watch(document);
  const selection = isSelected ? document.getSelection() : null;
  if (!selection || !(root.contains(selection.anchorNode) || root.contains(selection.focusNode))) {
    change();
    return;
  }
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const [anchor, focus] = [placeOf(root, anchorNode, anchorOffset), placeOf(root, focusNode, focusOffset)];
  change();
  const isUntouched = selection.anchorNode === anchorNode && selection.focusNode === focusNode;
  if (isUntouched && selection.anchorOffset === anchorOffset && selection.focusOffset === focusOffset) return;
  const isForward = (anchor ?? 0) <= (focus ?? Infinity);
  const from = nodeAt(root, anchor, isForward) ?? { node: anchorNode, offset: anchorOffset };
  const to = nodeAt(root, focus, !isForward) ?? { node: focusNode, offset: focusOffset };
  if (from.node?.isConnected !== true || to.node?.isConnected !== true) return;
  selection.setBaseAndExtent(from.node, from.offset, to.node, to.offset);
}

/** How many characters of `root` stand before a place in it; undefined outside of it. */
function placeOf(root: Element, node: Node | null, offset: number): number | undefined {
  if (!node || !root.contains(node)) return undefined;
  const range = root.ownerDocument.createRange();
  range.setStart(root, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

/** @param isStart between two texts the begin of the second is meant, not the end of the first */
function nodeAt(root: Element, place: number | undefined, isStart: boolean): { readonly node: Node; readonly offset: number } | undefined {
  if (place === undefined) return undefined;
  let rest = place;
  const texts = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const length = node.nodeValue?.length ?? 0;
    if (rest < length || (rest === length && !isStart)) return { node, offset: rest };
    rest -= length;
  }
  return undefined;
}
