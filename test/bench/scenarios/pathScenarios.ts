import type { Group, RunSpec } from '../client/messages.ts';

/** What is run on every path, side by side. */
export interface PathScenario {
  readonly name: string;
  readonly words: string;
  readonly spec: RunSpec;
  /** Answers at once. */
  readonly streams: number;
  readonly limitMs: number;
  /** Paths that take part. */
  readonly paths: readonly string[];
  /** On the emulated link instead of loopback. */
  readonly isOnLink?: boolean;
  /** The real-time class keeps others out of it. Not where processors are saturated. */
  readonly leavesProcessorsIdle?: boolean;
  /** Paths that must be started anew afterwards, because they go on working for a client that has gone. */
  readonly disturbs?: readonly string[];
  /** Paths that may let answers starve here: told as such, no fault. */
  readonly mayStarve?: readonly string[];
}

const most = ['direct', 'nginx', 'pipes', 'ssh', 'naive', 'page', 'http'];
const all = [...most, 'proxy'];
const withChat = [...all, 'panel', 'chat'];
const onLink = ['pipes', 'ssh', 'naive', 'page'];

/** How much of each. The smoke form is for counts and order alone. */
interface Size {
  readonly requests: number;
  readonly coldRequests: number;
  readonly seconds: number;
  readonly flatOutTokens: number;
  readonly middling: number;
  readonly many: number;
  readonly slow: number;
  readonly slowOnLink: number;
  readonly stallMs: number;
  readonly stallTokens: number;
}

const full: Size = {
  requests: 100,
  coldRequests: 25,
  seconds: 2,
  flatOutTokens: 200_000,
  middling: 256,
  many: 1000,
  slow: 100,
  slowOnLink: 20,
  stallMs: 10_000,
  stallTokens: 300_000,
};
const smoke: Size = {
  requests: 5,
  coldRequests: 2,
  seconds: 0.5,
  flatOutTokens: 10_000,
  middling: 40,
  many: 70,
  slow: 10,
  slowOnLink: 5,
  stallMs: 300,
  stallTokens: 20_000,
};
/** A line a turn at most: the smoke form takes no more than these. */
const smokeNames = ['firstToken', 'firstTokenCold', 'one1000', 'flatOut', 'streams256', 'linkBeside', 'stalledReader'];

const LIMIT_MS = 45_000;
/** What starves is not waited for. */
const STARVING_LIMIT_MS = 12_000;

/** As performance.md, section 8 lists them. */
export function pathScenarios(quick: boolean): readonly PathScenario[] {
  const size = quick ? smoke : full;
  const slow = slowOnes(size.slow, size.seconds + 1);
  const slowOnLink = slowOnes(size.slowOnLink, size.seconds + 2);
  const scenarios: PathScenario[] = [
    {
      name: 'firstToken',
      words: 'First token, connection kept',
      spec: { kind: 'firstToken', requests: size.requests, gapMs: 5, cold: false },
      streams: 1,
      limitMs: LIMIT_MS,
      leavesProcessorsIdle: true,
      paths: withChat,
    },
    {
      name: 'firstTokenCold',
      words: 'First token, new connection each',
      spec: { kind: 'firstToken', requests: size.coldRequests, gapMs: 10, cold: true },
      streams: 1,
      limitMs: LIMIT_MS,
      leavesProcessorsIdle: true,
      paths: all,
    },
    { name: 'one50', words: '1 stream at 50 tokens/s', ...paced(1, 50, size.seconds), leavesProcessorsIdle: true, paths: withChat },
    { name: 'one1000', words: '1 stream at 1,000 tokens/s', ...paced(1, 1000, size.seconds), leavesProcessorsIdle: true, paths: all },
    {
      name: 'flatOut',
      words: '1 stream flat out',
      spec: { kind: 'streams', groups: [{ name: 'stream', streams: 1, rate: 0, count: size.flatOutTokens, rampMs: 0 }], settleMs: 100 },
      streams: 1,
      limitMs: LIMIT_MS,
      paths: all,
    },
    { name: 'streams1', words: '1 stream at 30 tokens/s', ...paced(1, 30, size.seconds), leavesProcessorsIdle: true, paths: most },
    { name: 'streams32', words: '32 streams at 30 tokens/s', ...paced(32, 30, size.seconds), leavesProcessorsIdle: true, paths: most },
    {
      name: 'streams256',
      words: `${String(size.middling)} streams at 30 tokens/s`,
      ...paced(size.middling, 30, size.seconds + 1),
      leavesProcessorsIdle: true,
      paths: all,
    },
    { name: 'streams1000', words: `${String(size.many)} streams at 30 tokens/s`, ...paced(size.many, 30, size.seconds + 2), paths: most },
    {
      name: 'slowAlone',
      words: `${String(size.slow)} streams at 50 tokens/s`,
      spec: { kind: 'streams', groups: [slow], settleMs: 200 },
      streams: size.slow + 1,
      limitMs: LIMIT_MS,
      paths: most,
    },
    {
      name: 'slowBeside',
      words: `${String(size.slow)} streams at 50 tokens/s beside one flat out`,
      spec: beside(slow),
      streams: size.slow + 1,
      limitMs: STARVING_LIMIT_MS,
      paths: most,
      disturbs: ['naive'],
      mayStarve: ['naive'],
    },
    {
      name: 'linkAlone',
      words: `20 Mbit/s, 40 ms link: ${String(size.slowOnLink)} streams at 50 tokens/s`,
      spec: { kind: 'streams', groups: [slowOnLink], settleMs: 200 },
      streams: size.slowOnLink + 1,
      limitMs: LIMIT_MS,
      isOnLink: true,
      leavesProcessorsIdle: true,
      paths: onLink,
    },
    {
      name: 'linkBeside',
      words: `20 Mbit/s, 40 ms link: ${String(size.slowOnLink)} streams at 50 tokens/s beside one flat out`,
      spec: beside(slowOnLink),
      streams: size.slowOnLink + 1,
      limitMs: STARVING_LIMIT_MS,
      isOnLink: true,
      leavesProcessorsIdle: true,
      paths: onLink,
      disturbs: ['naive', 'pipes', 'ssh'],
      mayStarve: ['naive'],
    },
    {
      name: 'stalledReader',
      words: `A reader that stops for ${String(size.stallMs / 1000)} s`,
      spec: { kind: 'streams', groups: [stalled(size)], settleMs: 0 },
      streams: 1,
      limitMs: LIMIT_MS,
      paths: ['ssh', 'naive', 'page', 'http'],
      disturbs: ['naive'],
    },
  ];
  return quick ? scenarios.filter(({ name }) => smokeNames.includes(name)) : scenarios;
}

function paced(streams: number, rate: number, seconds: number): Pick<PathScenario, 'spec' | 'streams' | 'limitMs'> {
  const group: Group = { name: 'stream', streams, rate, count: Math.round(rate * seconds), rampMs: streams === 1 ? 0 : 500 };
  return { spec: { kind: 'streams', groups: [group], settleMs: 200 }, streams, limitMs: LIMIT_MS };
}

function slowOnes(streams: number, seconds: number): Group {
  return { name: 'slow', streams, rate: 50, count: Math.round(50 * seconds), rampMs: 300 };
}

/** The flat-out answer comes first, so that it shares its tab with slow ones, and is given up when they are done. */
function beside(slow: Group): RunSpec {
  const greedy: Group = { name: 'greedy', streams: 1, rate: 0, count: 999_000, rampMs: 0, isBackground: true };
  return { kind: 'streams', groups: [greedy, slow], settleMs: 500 };
}

function stalled({ stallTokens, stallMs }: Size): Group {
  return { name: 'stalled', streams: 1, rate: 0, count: stallTokens, rampMs: 0, stall: { afterTokens: 1000, forMs: stallMs } };
}
