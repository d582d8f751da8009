import type { SeededRandom } from '../../fakes/seededRandom.ts';
import type { Direction, Fault } from '../support/fault.ts';
import type { HopName } from '../support/faultWorld.ts';

/**
 * How an answer may end on that hop. `whole`: all of it. `broken`: exactly what came before, called interrupted, for Ollama is never asked
 * twice. `either`: it depends on what the model's side makes of it.
 */
export type Expected = 'whole' | 'broken' | 'either';

export interface FaultKind {
  /** What it does, in words. */
  readonly words: string;
  /** @param flow the way the answer takes on the hop */
  readonly make: (random: SeededRandom, flow: Direction) => Fault;
  /** What becomes of an answer when it strikes between agent and Ollama. Left out where nothing between the two on one machine does so. */
  readonly atOllama?: Expected;
  /** Strikes up to three times, the later ones while the line is being made anew. */
  readonly again?: boolean;
}

const side = (random: SeededRandom): 'near' | 'far' => (random.int(2) === 0 ? 'near' : 'far');
const direction = (random: SeededRandom): Direction => (random.int(2) === 0 ? 'up' : 'down');
const between = (random: SeededRandom, low: number, high: number): number => low + random.int(high - low + 1);

/** Every fault that a line may have. Between client, relay and device the answer comes whole, whatever the fault. */
export const faultKinds: Readonly<Record<Fault['kind'], FaultKind>> = {
  cut: { words: 'both ends get a FIN', make: () => ({ kind: 'cut' }), atOllama: 'broken', again: true },
  reset: { words: 'both ends get an RST', make: () => ({ kind: 'reset' }), atOllama: 'broken', again: true },
  blackHole: {
    words: 'bytes vanish, new connections are accepted and silent, then all are reset',
    make: (random) => ({ kind: 'blackHole', forMs: between(random, 50, 4000) }),
    atOllama: 'broken',
  },
  oneWay: {
    words: 'the bytes of one direction vanish, then a reset',
    make: (random, flow) => ({ kind: 'oneWay', direction: random.int(4) === 0 ? opposite(flow) : flow, forMs: between(random, 50, 3000) }),
    atOllama: 'either',
  },
  halfOpen: { words: 'the connection is dead and nobody is told', make: () => ({ kind: 'halfOpen' }) },
  oneSided: { words: 'one end is gone, the other is never told', make: (random) => ({ kind: 'oneSided', side: side(random) }) },
  halfClose: {
    words: 'one end gets a FIN and may still send',
    make: (random) => ({ kind: 'halfClose', side: side(random) }),
    atOllama: 'either',
    again: true,
  },
  stall: {
    words: 'nothing is delivered for a while, then all of it',
    make: (random) => ({ kind: 'stall', forMs: between(random, 50, 3000) }),
    atOllama: 'whole',
  },
  slow: {
    words: '20 to 100 kB/s',
    make: (random) => ({ kind: 'slow', bytesPerSec: between(random, 20_000, 100_000), forMs: between(random, 500, 3000) }),
    atOllama: 'whole',
  },
  latency: {
    words: 'up to 400 ms more, with jitter',
    make: (random) => ({
      kind: 'latency',
      delayMs: between(random, 20, 400),
      jitterMs: between(random, 0, 100),
      forMs: between(random, 500, 3000),
    }),
    atOllama: 'whole',
  },
  split: {
    words: 'writes of one to 40 bytes',
    make: (random) => ({ kind: 'split', pieceBytes: between(random, 1, 40), forMs: between(random, 500, 2000) }),
    atOllama: 'whole',
  },
  refuse: {
    words: 'cut, and connections are refused',
    make: (random) => ({ kind: 'refuse', forMs: between(random, 50, 4000) }),
    atOllama: 'broken',
  },
  resetNew: {
    words: 'reset, and so is every new connection',
    make: (random) => ({ kind: 'resetNew', forMs: between(random, 50, 4000) }),
    atOllama: 'broken',
  },
  flap: {
    words: 'cut every 50 to 600 ms',
    make: (random) => ({ kind: 'flap', everyMs: between(random, 50, 600), forMs: between(random, 500, 4000) }),
    atOllama: 'broken',
  },
  garbage: { words: 'one bit is another', make: (random) => ({ kind: 'garbage', direction: direction(random) }) },
  captive: {
    words: 'cut, and a sign-in page answers everything',
    make: (random) => ({ kind: 'captive', status: ([200, 302, 403] as const)[random.int(3)] ?? 200, forMs: between(random, 200, 3000) }),
    atOllama: 'broken',
  },
};

export const faultNames = Object.keys(faultKinds) as Fault['kind'][];

function opposite(flow: Direction): Direction {
  return flow === 'up' ? 'down' : 'up';
}

/** The way of an answer on each hop: away from the end that dialled, or toward it. */
export const answerFlow: Readonly<Record<HopName, Direction>> = { client: 'down', device: 'up', ollama: 'down' };

/** The hops on which a kind makes sense. */
export function hopsOf(name: Fault['kind']): readonly HopName[] {
  return faultKinds[name].atOllama === undefined ? ['client', 'device'] : ['client', 'device', 'ollama'];
}
