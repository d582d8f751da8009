import { toDisposable, type Disposable } from './disposable.ts';

/** Time as an argument, so that tests and the simulator own it. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; it jumps when the machine sleeps or the user sets it. */
  now(): number;
  /** Milliseconds that never go back. Use it for intervals. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`; disposing the result cancels it. */
  after(delayMs: number, task: () => void): Disposable;
  /** Runs `task` at the end of the current turn of the event loop, before any timer. */
  defer(task: () => void): void;
  /** Runs `task` in a turn of its own, as soon as what has come in meanwhile was read. */
  nextTurn(task: () => void): void;
}

/** Node and the editor have it. */
const { setImmediate } = globalThis as { readonly setImmediate?: (task: () => void) => unknown };
const inNextTurn = setImmediate ?? turnsOf(new MessageChannel());

/** Turns of a page: its messages to itself are not held back as its timers are, which wait for milliseconds, in the background for a second. */
export function turnsOf({ port1, port2 }: MessageChannel): (task: () => void) => void {
  const tasks: (() => void)[] = [];
  port1.onmessage = () => {
    tasks.shift()?.();
  };
  return (task) => {
    tasks.push(task);
    port2.postMessage(undefined);
  };
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return toDisposable(() => {
      clearTimeout(timer);
    });
  },
  defer(task) {
    queueMicrotask(task);
  },
  nextTurn(task) {
    inNextTurn(task);
  },
};

/** Runs `task` every `intervalMs` until disposed; the next run is set after the last one has ended. */
export function every(clock: Clock, intervalMs: number, task: () => void): Disposable {
  let current: Disposable | undefined;
  const arm = (): void => {
    current = clock.after(intervalMs, () => {
      arm();
      task();
    });
  };
  arm();
  return toDisposable(() => current?.dispose());
}
