import { keepShare, readShare } from './share.ts';
import { dutyOf, TAKE_OVER, TIDY, type Shell } from './shell.ts';
import { ShellCache } from './shellCache.ts';

/** Put in by the build. */
declare const C2L_SHELL: Shell;
declare const self: ServiceWorkerGlobalScope;

const { origin } = self.location;
// Older browsers have no locks.
const { locks } = self.navigator as Partial<WorkerNavigator>;
const shell = new ShellCache(C2L_SHELL, { caches: self.caches, fetch: (request) => self.fetch(request), locks, origin });

self.addEventListener('install', (event) => {
  event.waitUntil(shell.install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(shell.tidy().then(() => self.clients.claim()));
});

self.addEventListener('message', (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(self.skipWaiting());
  if (event.data === TIDY) event.waitUntil(shell.tidy());
});

self.addEventListener('fetch', (event) => {
  const duty = dutyOf(event.request, origin, C2L_SHELL);
  if (duty?.kind === 'keptFile') event.respondWith(shell.answer(duty.path));
  if (duty?.kind === 'share') event.respondWith(takeIn(event.request));
});

/** Whatever was shared, the page opens: nothing that came from elsewhere is an error that a person could mend. */
async function takeIn(request: Request): Promise<Response> {
  const form = await request.formData().catch(() => undefined);
  if (form) await keepShare(self.caches, readShare(form), Date.now()).catch(() => undefined);
  return Response.redirect(`${origin}/#/share`, 303);
}
