import { CodeBlock } from './codeBlock.ts';
import type { ElementNode, ImageNode, MarkdownNode } from './markdownNode.ts';
import { MathView } from './mathView.ts';
import { hostOf, safeHref } from './safeUrl.ts';
import { say } from '../speech.ts';

/** Draws trees into the document by position: what is the same stays, text grows, and only what differs is replaced. */
export class NodePatcher {
  readonly #document: Document;
  readonly #drawn = new WeakMap<Node, MarkdownNode>();
  readonly #codeBlocks = new WeakMap<Node, CodeBlock>();
  readonly #formulas = new WeakMap<Node, MathView>();

  constructor(document: Document) {
    this.#document = document;
  }

  /** Makes the children of `parent` from `first` on show `nodes`, and no others. */
  patch(parent: Element, first: number, nodes: readonly MarkdownNode[]): void {
    let child: ChildNode | null = parent.childNodes[first] ?? null;
    for (const node of nodes) {
      const next: ChildNode | null = child?.nextSibling ?? null;
      if (!child) parent.append(this.#create(node));
      else if (!this.#update(child, node)) child.replaceWith(this.#create(node));
      child = next;
    }
    while (child) {
      const next = child.nextSibling;
      child.remove();
      child = next;
    }
  }

  /** `count` children of `parent` from `first` on will not change any more. */
  close(parent: Element, first: number, count: number): void {
    for (let at = first; at < first + count; at++) {
      const child = parent.childNodes[at];
      if (!(child instanceof Element)) continue;
      this.#codeBlocks.get(child)?.close();
      for (const block of child.querySelectorAll('.code-block')) this.#codeBlocks.get(block)?.close();
    }
  }

  /** @returns false when `child` cannot become `node` */
  #update(child: ChildNode, node: MarkdownNode): boolean {
    const drawn = this.#drawn.get(child);
    if (drawn === node) return true;
    if (drawn?.kind !== node.kind) return false;
    if (node.kind === 'text') updateText(child as Text, node.text);
    else if (node.kind === 'code') this.#codeBlocks.get(child)?.update(node.language, node.text);
    else if (node.kind === 'math') this.#formulas.get(child)?.update(node);
    else if (node.kind === 'image') drawImage(child as HTMLElement, node);
    else {
      const before = drawn as ElementNode;
      if (before.tag !== node.tag) return false;
      updateAttributes(child as Element, before.attributes, node.attributes);
      this.patch(child as Element, 0, node.children);
    }
    this.#drawn.set(child, node);
    return true;
  }

  #create(node: MarkdownNode): Node {
    const made = this.#make(node);
    this.#drawn.set(made, node);
    return made;
  }

  #make(node: MarkdownNode): Node {
    switch (node.kind) {
      case 'text':
        return this.#document.createTextNode(node.text);
      case 'code': {
        const block = new CodeBlock(this.#document);
        block.update(node.language, node.text);
        this.#codeBlocks.set(block.element, block);
        return block.element;
      }
      case 'math': {
        const formula = new MathView(this.#document);
        formula.update(node);
        this.#formulas.set(formula.element, formula);
        return formula.element;
      }
      case 'image': {
        const placeholder = this.#document.createElement('span');
        placeholder.className = 'image-placeholder';
        drawImage(placeholder, node);
        return placeholder;
      }
      case 'element': {
        const element = this.#document.createElement(node.tag);
        updateAttributes(element, {}, node.attributes);
        this.patch(element, 0, node.children);
        return element;
      }
    }
  }
}

/** Touches only what differs, so that what is selected before it stays selected. */
function updateText(text: Text, next: string): void {
  const { data } = text;
  if (data === next) return;
  if (next.startsWith(data)) text.appendData(next.slice(data.length));
  else {
    let same = 0;
    while (same < data.length && data.charCodeAt(same) === next.charCodeAt(same)) same += 1;
    text.replaceData(same, data.length - same, next.slice(same));
  }
}

function updateAttributes(element: Element, before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(before)) if (!(name in after)) element.removeAttribute(name);
  for (const [name, value] of Object.entries(after)) if (before[name] !== value) element.setAttribute(name, value);
}

/**
 * A picture is never fetched by itself: whoever wrote the prompt could read from the request what was said. The page's policy forbids it
 * besides, and stays so; a press opens the picture as any other link is opened.
 */
function drawImage(placeholder: HTMLElement, { alt, source, isLinked }: ImageNode): void {
  const href = safeHref(source);
  const host = hostOf(source);
  const canOpen = !isLinked && host !== '' && href !== undefined;
  const words = say('Picture{0}{1}', alt === '' ? '' : `: ${alt}`, host === '' || canOpen ? '' : say(' (not loaded, {0})', host));
  placeholder.replaceChildren(words);
  placeholder.title = host === '' ? '' : source;
  if (!canOpen) return;
  const open = placeholder.ownerDocument.createElement('a');
  updateAttributes(open, {}, { class: 'open-picture', href, target: '_blank', rel: 'noopener noreferrer', title: href });
  open.textContent = say('Open from {0}', host);
  placeholder.append(' ', open);
}
