import { frames } from '../frames.ts';
import { StreamingMarkdown } from '../markdown/streamingMarkdown.ts';

/** What an answer's text is, and whether more is to come. */
export interface MarkdownContent {
  readonly text: string;
  readonly isComplete: boolean;
}

/** Draws Markdown that grows. Its children are its own: no template touches them. */
export class MarkdownElement extends HTMLElement {
  readonly #view = new StreamingMarkdown(this);
  readonly #again = (): void => {
    this.#draw();
  };
  #content: MarkdownContent = { text: '', isComplete: false };
  /** The next frame goes on by itself; what is set meanwhile waits for it, or a frame would count twice. */
  #isResting = false;

  set content(content: MarkdownContent) {
    this.#content = content;
    if (!this.#isResting || content.isComplete) this.#draw();
  }

  get content(): MarkdownContent {
    return this.#content;
  }

  /** Characters given to the parser so far. */
  get parsedCharacters(): number {
    return this.#view.parsedCharacters;
  }

  connectedCallback(): void {
    // One that was moved has lost its frame.
    if (this.#isResting) frames.request(this.#again);
  }

  disconnectedCallback(): void {
    frames.cancel(this.#again);
  }

  #draw(): void {
    this.#isResting = !this.#view.update(this.#content.text, this.#content.isComplete);
    if (this.#isResting) frames.request(this.#again);
  }
}

customElements.define('c2l-markdown', MarkdownElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-markdown': MarkdownElement;
  }
}
