import type { ViewState, ViewStorage } from '../ui/viewStorage.ts';

/** Keeps a view's state in this tab, for reloads; it ends with the tab. A browser that forbids it keeps nothing. */
export class TabStorage implements ViewStorage {
  readonly #key: string;
  readonly #storage: () => Pick<Storage, 'getItem' | 'setItem'>;

  /** @param key one per device, so that chats never mix */
  constructor(key: string, storage: () => Pick<Storage, 'getItem' | 'setItem'> = () => sessionStorage) {
    this.#key = key;
    this.#storage = storage;
  }

  load(): unknown {
    try {
      return JSON.parse(this.#storage().getItem(this.#key) ?? 'null') as unknown;
    } catch {
      return undefined;
    }
  }

  save(state: ViewState): void {
    try {
      this.#storage().setItem(this.#key, JSON.stringify(state));
    } catch {
      // Forbidden or full: the draft lives until the page is reloaded.
    }
  }
}
