import { systemClock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { ChatController } from '../ui/chatController.ts';
import type { AppElement } from './appElement.ts';
import { InstallOffer } from './installOffer.ts';
import { putIntoDraft } from './sharedDraft.ts';
import { ShellUpdates } from './shellUpdates.ts';
import './versionLine.ts';
import { takeShare } from './worker/share.ts';

/**
 * What makes an app of the page: the worker that keeps its files, newer builds, installing, and what is shared with it. It comes behind the
 * first picture. Only a secure context has what it needs.
 * @param isShared the page was opened with a share
 */
export function makeApp(app: AppElement, isShared: boolean): Disposable {
  const owned = new DisposableStore();
  const { serviceWorker, locks } = navigator as Partial<Navigator>;
  if (!serviceWorker || !globalThis.isSecureContext) return owned;
  const updates = owned.add(
    new ShellUpdates({
      container: serviceWorker,
      clock: systemClock,
      build: document.documentElement.dataset['build'] ?? '',
      locks,
      document,
      reload: () => {
        location.reload();
      },
    }),
  );
  updates.onDidChange((isReady) => {
    app.isUpdateReady = isReady;
  });
  app.addEventListener('c2l-reload', () => {
    updates.take();
  });
  const offer = owned.add(
    new InstallOffer(window, (isThere) => {
      app.canInstall = isThere;
    }),
  );
  app.addEventListener('c2l-install', () => {
    void offer.ask();
  });
  if (isShared) void draftShare(app, owned);
  void updates.start();
  return owned;
}

/** Into the first chat there is: a browser that is not paired yet pairs first. */
async function draftShare(app: AppElement, owned: DisposableStore): Promise<void> {
  const share = await takeShare(caches, Date.now()).catch(() => undefined);
  if (!share) return;
  const put = (controller: ChatController): void => {
    owned.add(putIntoDraft(controller, share));
  };
  if (app.controller) put(app.controller);
  else
    app.addEventListener(
      'c2l-started',
      () => {
        if (app.controller) put(app.controller);
      },
      { once: true },
    );
}
