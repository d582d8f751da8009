import { every, type Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import type { StatusEventBus, TunnelConnectionState } from '../protocol/status.ts';

/** How often time alone changes what is shown, ms: a wait counts down, a round trip is measured anew. In other states nothing moves. */
const intervals: Partial<Record<TunnelConnectionState, number>> = { reconnecting: 1_000, connected: 5_000, streaming: 5_000 };

/** Calls `tick` as long as the state is one in which time alone changes the picture. */
export function statusTicks(bus: StatusEventBus, clock: Clock, tick: () => void): Disposable {
  let running: Disposable | undefined;
  let currentMs: number | undefined;
  const following = bus.statusStream(({ state }) => {
    const intervalMs = intervals[state];
    if (intervalMs === currentMs) return;
    running?.dispose();
    running = intervalMs === undefined ? undefined : every(clock, intervalMs, tick);
    currentMs = intervalMs;
  });
  return toDisposable(() => {
    following.dispose();
    running?.dispose();
  });
}
