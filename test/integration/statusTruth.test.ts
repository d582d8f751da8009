import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeAgent, type NodeAgent } from '../../src/agent/node/createNodeAgent.ts';
import { runDoctor } from '../../src/agent/node/doctorCommand.ts';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { ChatPort } from '../../src/protocol/chatPort.ts';
import { errorCatalogue, type ErrorCode } from '../../src/protocol/errors.ts';
import { ollamaErrors, type OllamaState } from '../../src/protocol/status.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { statusView } from '../../src/status/statusView.ts';
import { ChatController } from '../../src/ui/chatController.ts';
import { connectionDot, connectionLine, connectionWord } from '../../src/ui/connectionLine.ts';
import { statusInputOf } from '../../src/views/faceOf.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { root } from '../harness/paths.ts';
import { startFakeOllama, type FakeOllama } from '../standin/startFakeOllama.ts';
import { JsonProcess } from './support/childProcess.ts';
import type { Fault } from './support/fault.ts';
import { FaultProxy } from './support/faultProxy.ts';
import { freePort, newId, pairedClient, type StackClient } from './support/stack.ts';

const RUN_MS = 60_000;
const SAMPLE_MS = 25;
/** After the truth has changed, so long each may take to say so, ms. */
const TRANSITION_MS = 1_000;
/** Nobody tells a page that it is allowed again: it learns that by its next try, which is at most so long away, ms. */
const NEXT_TRY_MS = 5_000 + 1_000;
const MIN_SAMPLES = 500;
/** Each takes a while, and most see a change. */
const MIN_DIAGNOSES = 10;
const MIN_AGREEMENT = 0.99;

/** What one of the three says, and what it ought to, at one time. */
interface Sample {
  readonly at: number;
  /** By the world alone; a change of it begins a transition. */
  readonly truth: string;
  readonly said: string;
  readonly agrees: boolean;
}

/** A line that the doctor prints. */
interface Hop {
  readonly outcome?: string;
  readonly hop?: string;
  readonly error?: ErrorCode;
}

/** What is the case, by everything but what is judged. */
interface Truth {
  /** The person wants a connection. */
  readonly wanted: boolean;
  /** The relay says that it has the device. */
  readonly admitted: boolean;
  readonly paused: boolean;
  /** Paused a moment ago, and the page has not tried again since. */
  readonly wasPaused: boolean;
  readonly ollama: Exclude<OllamaState, 'unknown'>;
  /** Answers that the model is writing. */
  readonly answers: number;
  /** The page's line to the relay is up, by the bytes' own way. */
  readonly pageLinked: boolean;
}

/** Relay as a process, device and page in this one; every line between them a real socket through a fault proxy. */
class TruthWorld {
  readonly random: SeededRandom;
  readonly ollama: FakeOllama;
  readonly node: NodeAgent;
  readonly bus: StatusBus;
  readonly page: StackClient;
  readonly controller: ChatController;
  readonly local: ChatPort;
  readonly deviceLine: FaultProxy;
  readonly pageLine: FaultProxy;
  relay: JsonProcess;
  wanted = true;
  paused = false;
  /** Wall clock, ms. */
  resumedAt = -Infinity;
  ollamaState: Truth['ollama'] = 'ok';
  /** Lines that let nothing through now. */
  readonly closed = new Set<FaultProxy>();
  isRelayUp = true;
  /** When the way to the relay or Ollama last became another, or began to: wall clock, ms. */
  changedAt = -Infinity;
  readonly #startRelay: () => JsonProcess;
  #readTo = 0;
  #admitted = new Set<string>();

  constructor(
    parts: Pick<TruthWorld, 'random' | 'ollama' | 'node' | 'bus' | 'page' | 'deviceLine' | 'pageLine' | 'relay'>,
    startRelay: () => JsonProcess,
  ) {
    ({ random: this.random, ollama: this.ollama, node: this.node, bus: this.bus, page: this.page } = parts);
    ({ deviceLine: this.deviceLine, pageLine: this.pageLine, relay: this.relay } = parts);
    this.#startRelay = startRelay;
    this.controller = new ChatController({
      port: this.page.port,
      clock: systemClock,
      random: systemRandom,
      storage: { load: () => undefined, save: () => undefined },
    });
    this.controller.start();
    this.local = this.node.agent.createChatPort();
  }

  static async start(seed: number, folder: string): Promise<TruthWorld> {
    const ollama = await startFakeOllama({ script: ({ prompt }) => 'word '.repeat(Number(prompt) || 1), tokensPerSec: 20, numParallel: 4 });
    const port = await freePort();
    const [deviceLine, pageLine] = [await FaultProxy.start(port, seed), await FaultProxy.start(port, seed + 1)];
    const origins = [deviceLine, pageLine].flatMap(({ url }) => ['--public-url', url]);
    const args = [join(root, 'dist', 'cli.mjs'), 'relay', '--json', '--open', '--port', String(port), ...origins];
    const startRelay = (): JsonProcess => new JsonProcess(process.execPath, args, { cwd: folder });
    const relay = startRelay();
    await relay.first('listening');
    const bus = new StatusBus();
    const node = createNodeAgent({ stateFolder: join(folder, 'state'), bus, log: nullLogger, ollama: () => ({ url: ollama.url }) });
    await node.agent.checkOllama();
    await node.agent.setRelay(deviceLine.url);
    await node.agent.connect();
    const allowing = node.agent.onPairingQuestion((question) => {
      question.answer(true, 'owner');
    });
    const page = await pairedClient((await node.agent.createOffer()).link, pageLine.url);
    allowing.dispose();
    return new TruthWorld({ random: new SeededRandom(seed), ollama, node, bus, page, deviceLine, pageLine, relay }, startRelay);
  }

  get truth(): Truth {
    const { wanted, paused, ollamaState, page, pageLine } = this;
    const answers = this.ollama.asked.filter(({ endedAt, body }) => endedAt === undefined && !body.includes('Say yes.')).length;
    const pageLinked =
      this.isRelayUp && !this.closed.has(pageLine) && pageLine.connections > 0 && page.tunnel.supervisor.state.kind !== 'error';
    const wasPaused = paused || Date.now() - this.resumedAt < NEXT_TRY_MS;
    return { wanted, admitted: this.isRelayUp && this.#isAdmitted(), paused, wasPaused, ollama: ollamaState, answers, pageLinked };
  }

  /** The way from the device to the relay is free. */
  get isWayFree(): boolean {
    return this.isRelayUp && !this.closed.has(this.deviceLine);
  }

  /** Read off what the relay's process prints. */
  #isAdmitted(): boolean {
    const { output } = this.relay;
    const end = output.lastIndexOf('\n') + 1;
    const id = this.node.agent.deviceId.slice(0, 8);
    for (const line of output.slice(this.#readTo, end).split('\n')) {
      const [, device, link = '', what] = /"device":"([^"]*)","link":(\d+).*"msg":"device (admitted|left)"/.exec(line) ?? [];
      if (device === id && what === 'admitted') this.#admitted.add(link);
      else if (device === id) this.#admitted.delete(link);
    }
    this.#readTo = end;
    return this.#admitted.size > 0;
  }

  async strike(line: FaultProxy, fault: Fault): Promise<void> {
    if ('forMs' in fault) this.closed.add(line);
    if (line === this.deviceLine) this.changedAt = Date.now();
    await line.strike(fault);
    this.closed.delete(line);
    if (line === this.deviceLine) this.changedAt = Date.now();
  }

  async restartRelay(awayMs: number): Promise<void> {
    this.isRelayUp = false;
    this.changedAt = Date.now();
    await this.relay.stop('SIGKILL');
    await pause(awayMs);
    this.relay = this.#startRelay();
    this.#readTo = 0;
    this.#admitted = new Set();
    await this.relay.first('listening');
    this.isRelayUp = true;
    this.changedAt = Date.now();
  }

  async setOllama(state: Truth['ollama']): Promise<void> {
    this.changedAt = Date.now();
    // Another program at that port, or the same with other settings: the one before has ended, and what it was writing with it.
    await this.ollama.restart();
    this.ollama.setModels(state === 'noModels' ? [] : ['stand-in:latest']);
    await this.ollama.set({
      refuse: state === 'notInstalled',
      forbid: state === 'blocked' ? 'host' : null,
      notOllama: state === 'foreign' ? 'html' : null,
    });
    this.ollamaState = state;
    this.changedAt = Date.now();
    // Somebody looks, for nobody but a look every 5 s tells of a program that comes or goes. The first may be one that had begun before.
    await this.node.agent.checkOllama();
    await this.node.agent.checkOllama();
  }

  ask(port: ChatPort, words: number): void {
    const conversationId = newId();
    port.send({ type: 'open', conversationId });
    port.send({ type: 'send', requestId: newId(), conversationId, text: String(words), model: 'stand-in:latest' });
  }

  async stop(): Promise<void> {
    this.controller.dispose();
    this.local.dispose();
    this.page.dispose();
    this.node.dispose();
    this.bus.dispose();
    await this.relay.stop();
    await this.deviceLine.stop();
    await this.pageLine.stop();
    await this.ollama.close();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the status bar ought to show. */
function barTruth({ wanted, admitted, paused, ollama, answers }: Truth, browsers: number): string {
  if (!wanted) return answers > 0 ? 'sync~spin Local AI' : 'debug-disconnect Local AI';
  if (!admitted) return 'trying';
  const trouble = ollamaErrors[ollama];
  if (trouble !== undefined) return `warning ${errorCatalogue[trouble].short}`;
  if (paused) return 'debug-pause Paused';
  if (answers > 0) return `sync~spin Streaming ${String(answers)}`;
  return `plug Connected${browsers > 0 ? ` ${String(browsers)}` : ''}`;
}

/** What the page ought to say beside its dot; where several things are true it may say any. */
function pageTruth({ wanted, admitted, paused, wasPaused, ollama, pageLinked }: Truth, isJoined: boolean): readonly string[] {
  const trouble = ollamaErrors[ollama];
  if (isJoined && pageLinked) return [trouble === undefined ? 'up Connected' : `waiting ${errorCatalogue[trouble].short}`];
  return [
    ...(wasPaused ? ['waiting Paused'] : []),
    ...(pageLinked && wanted && admitted && !paused ? ['waiting Reconnecting'] : []),
    ...(!wanted || !admitted ? ['waiting Offline'] : []),
    ...(pageLinked ? [] : ['waiting Reconnecting', 'waiting Connecting']),
  ];
}

describe('status against the truth', function () {
  this.timeout(RUN_MS + 40_000);

  it('status bar, page and doctor are right 99 times in 100, outside one second after each change, while anything may happen', async () => {
    const seed = Number(process.env['C2L_SEED'] ?? systemRandom.bytes(2).reduce((sum, byte) => sum * 256 + byte, 0));
    console.log(`      C2L_SEED=${String(seed)}`);
    const folder = mkdtempSync(join(tmpdir(), 'c2l-truth-'));
    const world = await TruthWorld.start(seed, folder);
    try {
      const bar: Sample[] = [];
      const page: Sample[] = [];
      const end = Date.now() + RUN_MS;
      const watching = setInterval(() => {
        bar.push(lookAtBar(world));
        page.push(lookAtPage(world));
      }, SAMPLE_MS);
      const [doctor] = await Promise.all([consultDoctor(world, join(folder, 'doctor'), end), ...happenings(world, end)]);
      clearInterval(watching);
      judge('status bar', settled(bar), MIN_SAMPLES);
      judge('page', settled(page), MIN_SAMPLES);
      judge('doctor', doctor, MIN_DIAGNOSES);
    } finally {
      await world.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  });
});

function lookAtBar(world: TruthWorld): Sample {
  const { node, bus, page } = world;
  const { icon, text } = statusView(statusInputOf({ bus, control: node.agent, relayConfigured: true }, systemClock));
  const { kind } = page.tunnel.supervisor.state;
  const truth = barTruth(world.truth, kind === 'connected' || kind === 'streaming' ? 1 : 0);
  const said = icon === 'debug-restart' || icon === 'loading~spin' ? 'trying' : `${icon} ${text}`;
  return { at: Date.now(), truth, said, agrees: said === truth };
}

function lookAtPage(world: TruthWorld): Sample {
  const { model } = world.controller;
  const isJoined = world.node.agent.clients.some(({ online }) => online);
  const truths = pageTruth(world.truth, isJoined);
  const said = `${connectionDot(model)} ${connectionWord(model)}`;
  const line = connectionLine(model, Date.now());
  const isLineRight = (line === undefined) === (isJoined && world.truth.pageLinked);
  return {
    at: Date.now(),
    truth: truths.join(' or '),
    said: `${said}; ${line?.key ?? 'no line'}`,
    agrees: truths.includes(said) && isLineRight,
  };
}

/** Asks for a diagnosis again and again, as `doctor` does. One that began in a transition, or saw a change, is none that can be judged. */
async function consultDoctor(world: TruthWorld, state: string, end: number): Promise<Sample[]> {
  const isOfOllama = ({ hop = '' }: Hop): boolean => ['ollama', 'models', 'token'].includes(hop);
  const samples: Sample[] = [];
  while (Date.now() < end) {
    const at = Date.now();
    const truth = `the way is ${world.isWayFree ? '' : 'not '}free, Ollama ${ollamaErrors[world.ollamaState] ?? 'ok'}`;
    const hops: Hop[] = [];
    const surroundings = { print: (line: string) => hops.push(JSON.parse(line) as Hop), onInterrupt: () => () => undefined };
    await runDoctor({ relay: world.deviceLine.url, ollama: world.ollama.url, state, json: true }, surroundings);
    const failed = hops.filter(({ outcome }) => outcome === 'failed');
    const isFree = failed.every(isOfOllama);
    const said = `the way is ${isFree ? '' : 'not '}free, Ollama ${failed.find(isOfOllama)?.error ?? 'ok'}`;
    if (at - world.changedAt > TRANSITION_MS) samples.push({ at, truth, said, agrees: said === truth });
    await pause(200);
  }
  return samples;
}

/** What goes wrong and right again, each by itself. */
function happenings(world: TruthWorld, end: number): Promise<void>[] {
  const { random, node, deviceLine, pageLine } = world;
  const between = (min: number, max: number): number => min + Math.floor(random.float() * (max - min));
  /** Deals all before any comes again. */
  const dealt = <T>(all: readonly T[]): (() => T) => {
    let left: T[] = [];
    return () => {
      if (left.length === 0) left = [...all];
      return left.splice(random.int(left.length), 1)[0] ?? assert.fail();
    };
  };
  const again = async (min: number, max: number, happen: () => Promise<void> | void): Promise<void> => {
    for (;;) {
      await pause(between(min, max));
      if (Date.now() > end - 5_000) return;
      await happen();
    }
  };
  const lineFault = (kind: 'cut' | 'reset' | 'refuse' | 'resetNew' | 'captive'): Fault => {
    const forMs = between(1_500, 4_000);
    if (kind === 'cut' || kind === 'reset') return { kind };
    return kind === 'captive' ? { kind, status: 302, forMs } : { kind, forMs };
  };
  const deviceFault = dealt(['cut', 'reset', 'refuse', 'resetNew', 'captive'] as const);
  const pageFault = dealt(['cut', 'reset', 'refuse', 'resetNew'] as const);
  const trouble = dealt(['notInstalled', 'noModels', 'blocked', 'foreign'] as const);
  const wish = dealt(['pause', 'disconnect'] as const);
  const asker = dealt([world.local, world.page.port]);
  return [
    again(5_000, 9_000, () => world.strike(deviceLine, lineFault(deviceFault()))),
    again(4_000, 8_000, () => world.strike(pageLine, lineFault(pageFault()))),
    again(18_000, 25_000, () => world.restartRelay(between(1_500, 3_000))),
    again(6_000, 10_000, async () => {
      await world.setOllama(trouble());
      await pause(between(3_000, 5_000));
      await world.setOllama('ok');
    }),
    again(7_000, 12_000, async () => {
      // Who is connected wishes something else; else one fault would hide the other.
      while (!world.truth.admitted || world.ollamaState !== 'ok') await pause(100);
      if (wish() === 'pause') {
        node.agent.setRemotePaused((world.paused = true));
        await pause(between(3_000, 4_000));
        node.agent.setRemotePaused((world.paused = false));
        world.resumedAt = Date.now();
        return;
      }
      world.wanted = false;
      node.agent.disconnect();
      await pause(between(2_000, 4_000));
      world.wanted = true;
      node.agent.connect().catch(() => undefined);
    }),
    again(3_000, 7_000, () => {
      world.ask(asker(), between(30, 90));
    }),
  ];
}

/** Those that no change of the truth came shortly before. */
function settled(all: readonly Sample[]): Sample[] {
  let changedAt = -Infinity;
  return all.filter(({ at, truth }, index) => {
    if (truth !== all[index - 1]?.truth) changedAt = at;
    return at - changedAt > TRANSITION_MS;
  });
}

/** @throws when too few agree, with those that do not */
function judge(name: string, judged: readonly Sample[], min: number): void {
  const wrong = judged.filter(({ agrees }) => !agrees);
  const share = 1 - wrong.length / judged.length;
  const times = new Map<string, number>();
  for (const { truth, said } of wrong) times.set(`${truth} <> ${said}`, (times.get(`${truth} <> ${said}`) ?? 0) + 1);
  const shown = [...times].map(([what, count]) => `${what} (${String(count)} times)`);
  console.log(`      ${[`${name}: ${(100 * share).toFixed(2)} % of ${String(judged.length)} right`, ...shown].join('; ')}`);
  assert.ok(judged.length >= min, `${name}: too few samples, ${String(judged.length)}`);
  assert.ok(share >= MIN_AGREEMENT, `${name}: ${(100 * share).toFixed(2)} % right\n${shown.join('\n')}`);
}
