import { idleWork } from '../idleWork.ts';
import type { MathNode } from './markdownNode.ts';
import type { renderMath } from './renderMath.ts';
import { say } from '../speech.ts';

/** What setting formulas may take of a frame while an answer grows, ms; what is over it waits for an idle moment. */
const FRAME_SHARE_MS = 6;
const FRAME_MS = 16;

let render: typeof renderMath | undefined;
let loading: Promise<void> | undefined;
let frameStarted = 0;
let spentMs = 0;

/** KaTeX comes with the first formula. Without it, as when the page is offline, formulas are shown as they were written. */
function load(): Promise<void> {
  loading ??= import('./renderMath.ts').then(
    (module) => {
      render = module.renderMath;
    },
    () => {
      loading = undefined;
    },
  );
  return loading;
}

/** A formula. It shows its source until it is set. */
export class MathView {
  readonly element: HTMLElement;
  #node: MathNode | undefined;

  constructor(document: Document) {
    this.element = document.createElement('span');
  }

  update(node: MathNode): void {
    if (this.#node?.source === node.source && this.#node.isOpen === node.isOpen) return;
    this.#node = node;
    this.#showSource(node);
    if (node.isOpen) return;
    const now = performance.now();
    if (now - frameStarted > FRAME_MS) [frameStarted, spentMs] = [now, 0];
    if (render && spentMs < FRAME_SHARE_MS) {
      this.#set(node);
      spentMs += performance.now() - now;
    } else {
      void load().then(() => {
        idleWork.add(() => {
          if (this.#node === node && this.element.isConnected) this.#set(node);
        });
      });
    }
  }

  #showSource({ source, isDisplayed }: MathNode): void {
    this.element.className = isDisplayed ? 'math displayed' : 'math';
    this.element.textContent = source;
  }

  #set({ tex, isDisplayed }: MathNode): void {
    const drawn = render?.(tex, isDisplayed);
    if (!drawn) return;
    this.element.replaceChildren(drawn);
    this.element.classList.add('set');
    if (!isDisplayed) return;
    // A wide one scrolls by itself, so the keyboard must reach it.
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', say('Formula'));
  }
}
