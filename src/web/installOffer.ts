import { toDisposable, type Disposable } from '../base/disposable.ts';

/** Chromium alone has it (WICG App Installation Prompts). */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Holds the browser's offer to install the page, which it makes once and on its own terms, until somebody asks for it. */
export class InstallOffer implements Disposable {
  readonly #onChange: (isThere: boolean) => void;
  readonly #listening: Disposable;
  #event: InstallPromptEvent | undefined;

  constructor(window: EventTarget, onChange: (isThere: boolean) => void) {
    this.#onChange = onChange;
    const offered = (event: Event): void => {
      event.preventDefault(); // no banner of the browser's own
      this.#set(event as InstallPromptEvent);
    };
    const installed = (): void => {
      this.#set(undefined);
    };
    window.addEventListener('beforeinstallprompt', offered);
    window.addEventListener('appinstalled', installed);
    this.#listening = toDisposable(() => {
      window.removeEventListener('beforeinstallprompt', offered);
      window.removeEventListener('appinstalled', installed);
    });
  }

  /** Has the browser ask the person. An offer can be taken up once; the browser makes another if it likes. */
  async ask(): Promise<void> {
    const event = this.#event;
    this.#set(undefined);
    await event?.prompt().catch(() => undefined);
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #set(event: InstallPromptEvent | undefined): void {
    this.#event = event;
    this.#onChange(event !== undefined);
  }
}

/**
 * Is this a browser's tab on an iPhone or iPad? There the page on the home screen has a storage of its own, so what is paired in a tab is not
 * paired there.
 */
export function isIosTab(navigator: Pick<Navigator, 'userAgent' | 'maxTouchPoints'> & { readonly standalone?: boolean }): boolean {
  const { userAgent, maxTouchPoints, standalone } = navigator;
  // An iPad says that it is a Mac.
  const isIos = /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes('Macintosh') && maxTouchPoints > 1);
  return isIos && standalone !== true;
}
