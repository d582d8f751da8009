import { keepSelection } from './keepSelection.ts';
import type { MarkdownNode } from './markdownNode.ts';
import { MarkdownTail } from './markdownTail.ts';
import { NodePatcher } from './patchNodes.ts';

/** With each of these lengths an answer rests one frame more after each paint, 15 paints a second at the least: layout goes over all of it. */
const LENGTHS_THAT_REST = [4_096, 16_384, 49_152];
/** An open tail of this many characters costs one frame of rest after each paint. */
const CHARACTERS_PER_FRAME_OF_REST = 4096;
const MAX_FRAMES_OF_REST = 12;

/** Draws one answer into an element while it grows. It owns the element's children. */
export class StreamingMarkdown {
  readonly #host: Element;
  readonly #patcher: NodePatcher;
  #tail = new MarkdownTail();
  #text = '';
  #closedChildren = 0;
  #finished = false;
  /** Text has come that is not drawn yet. */
  #isBehind = false;
  /** Frames to let pass before the next paint. */
  #rest = 0;

  constructor(host: Element) {
    this.#host = host;
    this.#patcher = new NodePatcher(host.ownerDocument);
  }

  /** Characters given to the parser so far. */
  get parsedCharacters(): number {
    return this.#tail.parsedCharacters;
  }

  /**
   * Draws `text`, at most once a frame. One long open block, such as a list of 80 kB, is drawn less often instead of ever more slowly.
   * @returns false while it must be called again, once with each frame: frames are what a rest is counted in
   */
  update(text: string, isComplete: boolean): boolean {
    if (this.#finished || !text.startsWith(this.#text)) {
      if (this.#finished && isComplete && text === this.#text) return true;
      this.#startOver();
    }
    if (text.length > this.#text.length) this.#tail.append(text.slice(this.#text.length));
    if (text.length !== this.#text.length) this.#isBehind = true;
    this.#text = text;
    if (isComplete) {
      this.#finished = true;
      const all = this.#tail.finish();
      this.#patch(0, all);
      this.#patcher.close(this.#host, 0, all.length);
      return true;
    }
    if (this.#rest > 0) {
      this.#rest -= 1;
      return false;
    }
    if (this.#isBehind) this.#draw();
    return this.#rest === 0;
  }

  #draw(): void {
    const { closed, open } = this.#tail.advance();
    this.#patch(this.#closedChildren, [...closed, ...open]);
    this.#patcher.close(this.#host, this.#closedChildren, closed.length);
    this.#closedChildren += closed.length;
    this.#isBehind = false;
    const least = LENGTHS_THAT_REST.filter((length) => this.#text.length > length).length;
    this.#rest = Math.max(least, Math.min(MAX_FRAMES_OF_REST, Math.floor(this.#tail.openLength / CHARACTERS_PER_FRAME_OF_REST)));
  }

  #patch(first: number, nodes: readonly MarkdownNode[]): void {
    keepSelection(this.#host, () => {
      this.#patcher.patch(this.#host, first, nodes);
    });
  }

  #startOver(): void {
    this.#tail = new MarkdownTail();
    this.#text = '';
    this.#closedChildren = 0;
    this.#finished = false;
    this.#isBehind = false;
    this.#rest = 0;
  }
}
