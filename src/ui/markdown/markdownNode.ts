/** What an answer is drawn from: a small tree without any markup in strings. */
export type MarkdownNode = TextNode | ElementNode | CodeNode | ImageNode | MathNode;

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
}

export interface ElementNode {
  readonly kind: 'element';
  /** Always one of our own literals, never from the answer. */
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly MarkdownNode[];
}

/** A block of code, fenced or indented. */
export interface CodeNode {
  readonly kind: 'code';
  /** First word of the fence's info; may be empty. */
  readonly language: string;
  readonly text: string;
}

/** A formula, drawn as its source until it has been set. */
export interface MathNode {
  readonly kind: 'math';
  readonly tex: string;
  /** As it was written, with its delimiters. */
  readonly source: string;
  /** On a line of its own. */
  readonly isDisplayed: boolean;
  /** Its end is still to come. */
  readonly isOpen: boolean;
}

/** A picture that the answer names. It is never fetched by itself. */
export interface ImageNode {
  readonly kind: 'image';
  readonly alt: string;
  readonly source: string;
  /** It stands in a link, whose press is the link's. */
  readonly isLinked: boolean;
}

export function textOf(nodes: readonly MarkdownNode[]): string {
  let out = '';
  for (const node of nodes) {
    if (node.kind === 'text' || node.kind === 'code') out += node.text;
    else if (node.kind === 'math') out += node.source;
    else out += node.kind === 'image' ? node.alt : textOf(node.children);
  }
  return out;
}
