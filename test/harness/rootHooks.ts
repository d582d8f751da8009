import { setTimeout as delay } from 'node:timers/promises';
import { beginSharing, endShared } from './atEnd.ts';

beginSharing();

/** Handles that outlive a test run when something was not closed. Mocha holds one timer itself while a hook runs. */
const watched = ['TCPServerWrap', 'TCPSocketWrap', 'PipeServerWrap', 'ProcessWrap', 'UDPWrap', 'FSEventWrap', 'StatWatcher', 'MessagePort'];
const graceMs = Number(process.env['C2L_LEAK_GRACE_MS'] ?? 5_000);

function leftOpen(): string[] {
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout').length - 1;
  return [...resources.filter((name) => watched.includes(name)), ...(timers > 0 ? [`${String(timers)} Timeout`] : [])];
}

/** Tests after which more was open than before, in order: where to look first. */
const grewAfter: string[] = [];
let openBefore = 0;

/** Every run ends by asserting that nothing is left: no timer, socket, server, watcher or process. */
export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    const open = process.getActiveResourcesInfo().filter((name) => watched.includes(name)).length;
    if (open > openBefore) grewAfter.push(this.currentTest?.fullTitle() ?? '');
    openBefore = open;
  },
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(graceMs + 10_000);
    await endShared();
    const end = performance.now() + graceMs;
    // Kept-alive sockets of a client close a moment after its last request.
    while (leftOpen().length > 0 && performance.now() < end) await delay(50);
    const left = leftOpen();
    if (left.length > 0) throw new Error(`left open: ${left.join(', ')}; more was open after: ${grewAfter.slice(-5).join('; ')}`);
  },
};
