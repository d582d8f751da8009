import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { WebviewView } from '../protocol/webviewMessages.ts';
import type { PageOrder } from './chatBridge.ts';

/** Somewhere in the editor where a chat is drawn: the side bar, or a tab. */
export interface ChatPlace {
  /** What it shows, on each change. */
  readonly onDidChangeView: Event<WebviewView>;
  /** Somebody who looks at the window sees it. */
  readonly isVisible: boolean;
  /** Shows it and has it do something. */
  open(order: PageOrder): Promise<void>;
  /** Has it do something if it is there; does not show it. */
  run(order: PageOrder): void;
}

/** The chat that a command means: the one that had the keyboard last. Without any other it is the one in the side bar. */
export class ActiveChat implements Disposable {
  readonly #home: ChatPlace;
  readonly #owned = new DisposableStore();
  readonly #views = this.#owned.add(new Emitter<WebviewView | undefined>());
  readonly #places = new Set<ChatPlace>();
  readonly #latest = new Map<ChatPlace, WebviewView>();
  #active: ChatPlace;

  constructor(home: ChatPlace) {
    this.#home = home;
    this.#active = home;
    this.#owned.add(this.add(home));
  }

  /** What the active chat shows, on each change; undefined when it shows nothing. */
  readonly onDidChangeView = this.#views.event;

  /** Is any chat drawn in this window? */
  get isVisible(): boolean {
    return [...this.#places].some(({ isVisible }) => isVisible);
  }

  get view(): WebviewView | undefined {
    return this.#latest.get(this.#active);
  }

  /** @returns what takes it away again */
  add(place: ChatPlace): Disposable {
    this.#places.add(place);
    const listening = place.onDidChangeView((view) => {
      this.#latest.set(place, view);
      if (view.chatFocused) this.#active = place;
      if (place === this.#active) this.#views.fire(view);
    });
    return toDisposable(() => {
      listening.dispose();
      this.#places.delete(place);
      this.#latest.delete(place);
      if (place !== this.#active || place === this.#home) return;
      this.#active = this.#home;
      this.#views.fire(this.view);
    });
  }

  async open(order: PageOrder): Promise<void> {
    await this.#active.open(order);
  }

  run(order: PageOrder): void {
    this.#active.run(order);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
