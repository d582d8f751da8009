import { codeActionButtons, isShell } from '../codeActions.ts';
import { codeColours } from './codeColours.ts';
import type { CodeRun } from './codeRuns.ts';
import type { highlightCode } from './highlightCode.ts';
import { keepSelection } from './keepSelection.ts';
import { say } from '../speech.ts';

/** Growth of a code block goes into groups of whole lines of about this length, so that a growing block is not laid out again in full. */
const GROUP_CHARACTERS = 2048;

/** Longer code stays plain: colouring takes milliseconds for each kilobyte, in one go. */
const MAX_COLOURED_CHARACTERS = 20_000;

/** Asks for code to be copied; bubbles from the block's button. */
export const copyCodeEvent = 'c2l-copy';
export interface CopyDetail {
  readonly text: string;
  /** Shows for a moment that it was copied. */
  readonly button: HTMLButtonElement;
}

/**
 * A block of code with its language and a button to copy it. It grows at its end for the price of what is new, and is coloured once it
 * is whole.
 */
export class CodeBlock {
  readonly element: HTMLElement;
  readonly #label: HTMLElement;
  readonly #pre: HTMLElement;
  readonly #code: HTMLElement;
  #language: string | undefined;
  #text = '';
  #isColoured = false;
  #isClosed = false;

  constructor(document: Document) {
    this.element = document.createElement('div');
    this.element.className = 'code-block';
    this.element.dataset['vscodeContext'] = '{"chatCode":true}';
    const head = document.createElement('div');
    head.className = 'code-head';
    this.#label = document.createElement('span');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet copy-code';
    button.textContent = say('Copy');
    button.setAttribute('aria-label', say('Copy code'));
    button.addEventListener('click', () => {
      const detail: CopyDetail = { text: this.#text, button };
      this.element.dispatchEvent(new CustomEvent(copyCodeEvent, { bubbles: true, detail }));
    });
    head.append(
      this.#label,
      button,
      // last: in a narrow view they go below, together
      codeActionButtons(document, () => ({ language: this.#language ?? '', text: this.#text })),
    );
    this.#pre = document.createElement('pre');
    this.#pre.tabIndex = 0;
    this.#pre.setAttribute('role', 'group');
    this.#code = document.createElement('code');
    this.#pre.append(this.#code);
    this.element.append(head, this.#pre);
  }

  update(language: string, text: string): void {
    if (language !== this.#language) {
      this.#language = language;
      this.#label.textContent = language;
      this.element.classList.toggle('shell', isShell(language));
      this.#pre.setAttribute('aria-label', language === '' ? say('Code') : say('Code, {0}', language));
    }
    if (text === this.#text) return;
    this.#isClosed = false;
    if (!this.#isColoured && text.startsWith(this.#text)) this.#append(text.slice(this.#text.length));
    else {
      this.#code.replaceChildren();
      this.#isColoured = false;
      this.#append(text);
    }
    this.#text = text;
  }

  /** The code is whole. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#language !== '' && this.#text.length <= MAX_COLOURED_CHARACTERS) codeColours.add(this);
  }

  colour(highlight: typeof highlightCode): void {
    if (!this.#isClosed || this.#isColoured || !this.element.isConnected) return;
    const runs = highlight(this.#text, this.#language ?? '');
    if (!runs || runs.map(({ text }) => text).join('') !== this.#text) return;
    this.#isColoured = true;
    keepSelection(this.#code, () => {
      this.#drawRuns(runs);
    });
  }

  #drawRuns(runs: readonly CodeRun[]): void {
    const { ownerDocument: document } = this.#code;
    const groups: HTMLElement[] = [];
    let group: HTMLElement | undefined;
    let length = 0;
    for (const { kind, text } of runs) {
      for (let rest = text; rest !== '';) {
        if (!group) {
          group = document.createElement('span');
          group.className = 'code-lines';
          groups.push(group);
          length = 0;
        }
        const lineEnd = rest.indexOf('\n', Math.max(0, GROUP_CHARACTERS - length - 1));
        const piece = lineEnd < 0 ? rest : rest.slice(0, lineEnd + 1);
        group.append(kind === 'plain' ? piece : colouredPiece(document, kind, piece));
        length += piece.length;
        rest = rest.slice(piece.length);
        if (lineEnd >= 0) group = undefined;
      }
    }
    this.#code.replaceChildren(...groups);
  }

  #append(more: string): void {
    let rest = more;
    while (rest !== '') {
      const group = this.#openGroup();
      const room = GROUP_CHARACTERS - group.data.length;
      // A group ends with a line: what follows the last line end within reach goes into the next one.
      const lineEnd = rest.indexOf('\n', Math.max(0, room - 1));
      const cut = lineEnd < 0 ? rest.length : lineEnd + 1;
      group.appendData(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
  }

  #openGroup(): Text {
    const last = this.#code.lastElementChild?.firstChild;
    if (last instanceof Text && !(last.data.length >= GROUP_CHARACTERS && last.data.endsWith('\n'))) return last;
    const group = this.#code.ownerDocument.createElement('span');
    group.className = 'code-lines';
    const text = this.#code.ownerDocument.createTextNode('');
    group.append(text);
    this.#code.append(group);
    return text;
  }
}

function colouredPiece(document: Document, kind: string, text: string): HTMLElement {
  const piece = document.createElement('span');
  piece.className = `code-${kind}`;
  piece.textContent = text;
  return piece;
}
