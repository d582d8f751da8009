import { once } from 'node:events';
import type { TunnelMetrics } from '../../../src/protocol/status.ts';
import type { AnswerView } from '../support/answerView.ts';
import { calm } from '../support/faultPipe.ts';
import type { FaultProxy } from '../support/faultProxy.ts';
import { wholeAnswer, type Lane } from '../support/faultWorld.ts';
import { newId, until } from '../support/stack.ts';

/** The lengths of a profile: `short` for every day, `full` for a long run. */
export interface ProfileLengths {
  readonly tokens: number;
  readonly flapEveryMs: number;
  readonly captiveMs: number;
}

export const shortProfile: ProfileLengths = { tokens: 600, flapEveryMs: 1_500, captiveMs: 2_500 };
export const fullProfile: ProfileLengths = { tokens: 6_000, flapEveryMs: 10_000, captiveMs: 15_000 };

interface Profile {
  readonly words: string;
  /** Makes the client's line so until `over`. */
  readonly make: (proxy: FaultProxy, over: AbortSignal, lengths: ProfileLengths) => Promise<void>;
  /** The grades that such a line deserves once it has been measured; the second is for a machine that is busy beside. */
  readonly grades: readonly TunnelMetrics['quality'][];
  /** What the client's port says while the line is away, if it goes away. */
  readonly away?: RegExp;
}

/** Networks as people have them. Delays are of one direction: a round trip has two. */
export const profiles = {
  good: {
    words: '20 ms',
    make: (proxy) => weather(proxy, { delayMs: 10 }),
    grades: ['excellent', 'good'],
  },
  threeG: {
    words: '3G: 300 ms ± 100, 1 Mbit/s',
    make: (proxy) => weather(proxy, { delayMs: 150, jitterMs: 50, bytesPerSec: 125_000 }),
    grades: ['poor'],
  },
  stalling: {
    words: 'lossy: stands still for 2 s, again and again',
    make: async (proxy, over) => {
      while (!over.aborted) {
        await proxy.strike({ kind: 'stall', forMs: 2_000 });
        await pause(1_000, over);
      }
    },
    grades: ['poor'],
  },
  flapping: {
    words: 'flapping: cut every 10 s',
    make: async (proxy, over, { flapEveryMs }) => {
      while (!over.aborted) {
        await pause(flapEveryMs, over);
        await proxy.strike({ kind: 'cut' });
      }
    },
    grades: ['excellent', 'good'],
    away: /^reconnecting: relayUnreachable unknown$/,
  },
  captive: {
    words: 'captive: a sign-in page for a while',
    make: async (proxy, over, { captiveMs }) => {
      await pause(500, over);
      for (const status of [302, 403, 200] as const) await proxy.strike({ kind: 'captive', status, forMs: captiveMs / 3 });
    },
    grades: ['excellent', 'good'],
    away: /^reconnecting: relayIntercepted unknown$/,
  },
} as const satisfies Readonly<Record<string, Profile>>;
export type ProfileName = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as ProfileName[];

export interface ProfileResult {
  readonly isExact: boolean;
  /** State of the answer in the end. */
  readonly state: string;
  readonly asked: number;
  readonly tookMs: number;
  /** As measured while the line was so. */
  readonly metrics: TunnelMetrics;
  /** State, cause and grade, as the client's port said them, each once, in order. */
  readonly said: readonly string[];
}

/** So many round trips that two slow ones or more are among them on a line where every other is slow, whatever the seed. */
const SAMPLES = 18;
const LIMIT_MS = 180_000;

/** An answer while the client's line is as the profile says, and what is measured of it. */
export async function runProfile(lane: Lane, name: ProfileName, lengths: ProfileLengths): Promise<ProfileResult> {
  const profile: Profile = profiles[name];
  const { port, tunnel } = lane.client;
  const said: string[] = [];
  const note = (): void => {
    const { state, error } = port.status;
    const line = [error === undefined ? state : `${state}: ${error}`, tunnel.metrics.quality].join(' ');
    if (!said.includes(line)) said.push(line);
  };
  const noting = port.onDidChangeStatus(note);
  const stop = new AbortController();
  const made = profile.make(lane.proxies.client, stop.signal, lengths);
  const prompt = `${String(lengths.tokens)} ${name}${newId().slice(0, 4)}`;
  const startedAt = performance.now();
  const view: AnswerView = lane.ask(prompt);
  try {
    const measured = measure(lane);
    await until('the answer’s end', () => view.isOver, LIMIT_MS);
    const tookMs = performance.now() - startedAt;
    await measured;
    await until('connected', () => lane.isUp, 10_000);
    const { metrics } = tunnel;
    return {
      isExact: view.text === wholeAnswer(prompt),
      state: view.state ?? 'none',
      asked: lane.ollama.asked.filter(({ body }) => body.includes(prompt)).length,
      tookMs,
      metrics,
      said,
    };
  } finally {
    stop.abort();
    await made;
    lane.proxies.client.setWeather(calm);
    noting.dispose();
    view.dispose();
  }
}

/** Looks at the line until enough round trips were measured, one after the other. */
async function measure(lane: Lane): Promise<void> {
  const { tunnel } = lane.client;
  let measured = 0;
  const counting = tunnel.mux.onRoundTrip(() => measured++);
  const end = performance.now() + LIMIT_MS;
  try {
    while (measured < SAMPLES) {
      if (performance.now() > end) throw new Error(`${String(measured)} round trips measured in ${String(LIMIT_MS)} ms`);
      const before = measured;
      if (lane.isUp) tunnel.supervisor.wake();
      await until('a round trip', () => measured > before || !lane.isUp, 15_000);
      await pause(lane.isUp ? 100 : 20);
    }
  } finally {
    counting.dispose();
  }
}

function weather(proxy: FaultProxy, values: Parameters<FaultProxy['setWeather']>[0]): Promise<void> {
  proxy.setWeather(values);
  return Promise.resolve();
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const timer = new AbortController();
  const ended = new Promise<void>((resolve) => {
    const timeout = setTimeout(resolve, ms);
    timer.signal.addEventListener('abort', () => {
      clearTimeout(timeout);
    });
  });
  const stopped = signal && !signal.aborted ? once(signal, 'abort', { signal: timer.signal }).catch(() => undefined) : undefined;
  await (signal?.aborted ? undefined : Promise.race(stopped ? [ended, stopped] : [ended]));
  timer.abort();
}
