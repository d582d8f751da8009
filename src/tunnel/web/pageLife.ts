import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { ClientTunnel } from '../clientTunnel.ts';

/** The parts of a browser that tell a page how it fares; tests hand in others. */
export interface PageSurroundings {
  readonly window: EventTarget;
  readonly document: EventTarget & { readonly visibilityState: DocumentVisibilityState };
  /** Network Information API; Chromium alone has it. */
  readonly connection?: EventTarget | undefined;
}

/**
 * Tells a tunnel what its page lives through: seen or hidden, frozen and thawed (Page Lifecycle), taken out of the back-forward cache,
 * online again or no longer, in another network. Each of the last ones makes it look at its line at once, for a browser does not say that a socket is
 * dead.
 */
export function followPage(tunnel: Pick<ClientTunnel, 'isVisible' | 'supervisor'>, surroundings: PageSurroundings): Disposable {
  const { window, document, connection } = surroundings;
  const store = new DisposableStore();
  const on = (target: EventTarget, type: string, listener: () => void): void => {
    target.addEventListener(type, listener);
    store.add(
      toDisposable(() => {
        target.removeEventListener(type, listener);
      }),
    );
  };
  const look = (): void => {
    tunnel.supervisor.wake();
  };
  const see = (): void => {
    tunnel.isVisible = document.visibilityState === 'visible';
  };
  on(document, 'visibilitychange', see);
  on(document, 'resume', look);
  on(window, 'pageshow', look);
  on(window, 'online', look);
  on(window, 'offline', look);
  if (connection) on(connection, 'change', look);
  see();
  return store;
}

/** The browser that this page is in. */
export function ownSurroundings(): PageSurroundings {
  const { connection } = navigator as Navigator & { readonly connection?: unknown };
  return { window, document, connection: connection instanceof EventTarget ? connection : undefined };
}
