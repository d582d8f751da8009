import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Agent } from '../agent.ts';

/** How long what runs may still run, ms. Then it is interrupted. */
const DRAIN_MS = 5 * 60_000;

/** Runs `task` once no answer is being written and no stream runs, at the latest in 5 min, unless disposed before. */
export function whenIdle(agent: Agent, clock: Clock, task: () => void): Disposable {
  const waiting = new DisposableStore();
  const end = (): void => {
    if (waiting.isDisposed) return;
    waiting.dispose();
    task();
  };
  const look = (): void => {
    clock.defer(() => {
      if (agent.runningStreams === 0) end();
    });
  };
  waiting.add(agent.hub.onDidChangeRunning(look));
  waiting.add(clock.after(DRAIN_MS, end));
  look();
  return waiting;
}
