import katex, { type KatexOptions } from 'katex';

/** KaTeX's own tree of a formula, as far as it is touched here. Its `render` sets `style` attributes, which the page's policy forbids. */
interface BuiltNode {
  readonly attributes?: Record<string, string>;
  readonly children?: readonly BuiltNode[];
  toNode(): Node;
}
const { __renderToDomTree: build } = katex as unknown as { readonly __renderToDomTree: (tex: string, options: KatexOptions) => BuiltNode };

/** Nothing in a formula may name an address, run long or be larger than the line: models write what they were told to. */
const options: KatexOptions = { throwOnError: true, trust: false, strict: 'ignore', maxExpand: 500, maxSize: 20, output: 'htmlAndMathml' };

/** The formula as nodes made without any HTML, or undefined when it cannot be set. */
export function renderMath(tex: string, displayMode: boolean): Node | undefined {
  try {
    const tree = build(tex, { ...options, displayMode });
    dropStyleAttributes(tree);
    return tree.toNode();
  } catch {
    // Half a formula, or TeX that KaTeX does not know.
    return undefined;
  }
}

/** What KaTeX sets as properties of `style` stays: the policy allows that, and the values are its own lengths and colours. */
function dropStyleAttributes({ attributes, children }: BuiltNode): void {
  if (attributes) delete attributes['style'];
  for (const child of children ?? []) dropStyleAttributes(child);
}
