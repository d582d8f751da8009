import { idleWork } from '../idleWork.ts';
import type { highlightCode } from './highlightCode.ts';

/** A block that can be coloured once its code is whole. */
export interface Colourable {
  readonly element: Element;
  colour(highlight: typeof highlightCode): void;
}

/** How far outside of the view code is coloured already. */
const AHEAD = '600px 0px';

/** Colours code when it comes near the view, so that a long chat opens for the price of what is seen. The highlighter comes with the first. */
class CodeColours {
  readonly #waiting = new Map<Element, Colourable>();
  /** Answers that are far from the view, with their blocks: to watch each block of a long chat costs milliseconds with every frame. */
  readonly #far = new Map<Element, Colourable[]>();
  #observer: IntersectionObserver | undefined;
  #highlight: typeof highlightCode | undefined;
  #loading: Promise<void> | undefined;

  add(block: Colourable): void {
    this.#observer ??= new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) if (isIntersecting) this.#comesNear(target);
        this.#forgetRemoved();
      },
      { rootMargin: AHEAD, scrollMargin: AHEAD },
    );
    const answer = block.element.closest('c2l-markdown');
    if (answer) {
      this.#far.set(answer, [...(this.#far.get(answer) ?? []), block]);
      this.#observer.observe(answer);
    } else this.#watch(block);
  }

  #watch(block: Colourable): void {
    this.#waiting.set(block.element, block);
    this.#observer?.observe(block.element);
  }

  #comesNear(target: Element): void {
    const blocks = this.#far.get(target);
    if (!blocks) {
      this.#take(target);
      return;
    }
    this.#forget(target);
    for (const block of blocks) this.#watch(block);
  }

  #take(element: Element): void {
    const block = this.#waiting.get(element);
    this.#forget(element);
    if (!block) return;
    void this.#load().then(() => {
      const highlight = this.#highlight;
      if (!highlight) return;
      idleWork.add(() => {
        block.colour(highlight);
      });
    });
  }

  /** The observer reports what leaves the document too. */
  #forgetRemoved(): void {
    for (const element of [...this.#far.keys(), ...this.#waiting.keys()]) if (!element.isConnected) this.#forget(element);
  }

  #forget(element: Element): void {
    this.#far.delete(element);
    this.#waiting.delete(element);
    this.#observer?.unobserve(element);
  }

  #load(): Promise<void> {
    this.#loading ??= import('./highlightCode.ts').then(
      (module) => {
        this.#highlight = module.highlightCode;
      },
      () => {
        this.#loading = undefined;
      },
    );
    return this.#loading;
  }
}

/** One for everything in a document. */
export const codeColours = new CodeColours();
