import type { Clock } from '../../src/base/clock.ts';
import { deferred } from '../../src/base/deferred.ts';
import { Gone } from './gate.ts';

/** Waits `ms`, or for ever; at 0 just lets the event loop turn once, so that a client's end is noticed. */
export async function pause(clock: Clock, ms: number | 'forever', signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new Gone();
  const over = deferred<undefined>();
  const leave = (): void => {
    over.reject(new Gone());
  };
  signal.addEventListener('abort', leave, { once: true });
  const done = (): void => {
    over.resolve(undefined);
  };
  const timer = ms !== 'forever' && ms > 0 ? clock.after(ms, done) : undefined;
  if (ms === 0) setImmediate(done);
  try {
    await over.promise;
  } finally {
    timer?.dispose();
    signal.removeEventListener('abort', leave);
  }
}
