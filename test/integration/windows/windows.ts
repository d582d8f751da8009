import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatReply, ChatRequest } from '../../../src/protocol/chat.ts';
import { root } from '../../harness/paths.ts';
import { SecretWatch } from '../../harness/secretWatch.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';
import { JsonProcess } from '../support/childProcess.ts';
import { freePort, newId, pairedClient, until, type StackClient } from '../support/stack.ts';
import type { WindowOrder } from './windowProcess.ts';

const quiet = '--disable-warning=ExperimentalWarning';
const program = join(root, 'test/integration/windows/windowProcess.ts');
const cli = join(root, 'dist', 'cli.mjs');

/** One window as a process of its own. */
export class WindowProcess {
  readonly process: JsonProcess;
  readonly name: string;

  constructor(name: string, state: string, ollama: string, secrets: SecretWatch) {
    this.name = name;
    this.process = new JsonProcess(process.execPath, [quiet, program, name], {
      secrets,
      env: { ...process.env, C2L_STATE: state, C2L_OLLAMA: ollama },
    });
  }

  get pid(): number {
    return this.process.child.pid ?? 0;
  }

  get replies(): ChatReply[] {
    return this.process.events.filter(({ event }) => event === 'reply').map(({ reply }) => reply as ChatReply);
  }

  /** Its place among the windows now, and since when: wall clock, ms. */
  get seat(): { readonly kind: string; readonly at: number; readonly leader?: number; readonly role?: string } | undefined {
    return this.process.events.findLast(({ event }) => event === 'seat') as ReturnType<() => WindowProcess['seat']>;
  }

  /** The state of the connection as it shows it. */
  get status(): string | undefined {
    return this.process.events.findLast(({ event }) => event === 'status')?.['state'] as string | undefined;
  }

  /** The relay has told it of another installation with its key. */
  get wasDoubled(): boolean {
    return this.process.events.some(({ event, error }) => event === 'status' && (error === 'duplicateDevice' || error === 'replaced'));
  }

  /** Has the window do something, and hears what it then shows. */
  async order(order: WindowOrder): Promise<Readonly<Record<string, unknown>>> {
    const from = this.process.events.length;
    this.process.say(JSON.stringify(order));
    const found = (): Readonly<Record<string, unknown>> | undefined =>
      this.process.events.slice(from).find(({ event, do: done }) => (event === 'done' || event === 'failed') && done === order.do);
    await until(`${this.name} does ${order.do}`, () => found() !== undefined);
    return found() ?? {};
  }

  async chat(request: ChatRequest): Promise<void> {
    await this.order({ do: 'chat', request });
  }

  /** What a view of the conversation shows: its last answer. */
  answer(conversationId: string): { readonly text: string; readonly state: string | undefined } {
    let text = '';
    let state: string | undefined;
    for (const reply of this.replies) {
      if (!('conversationId' in reply) || reply.conversationId !== conversationId) continue;
      if (reply.type === 'snapshot') {
        const last = reply.messages.findLast(({ role }) => role === 'assistant');
        text = last?.text ?? '';
        state = last?.state;
      } else if (reply.type === 'event' && reply.event.type === 'turn') {
        text = '';
        state = reply.event.answer.state;
      } else if (reply.type === 'event' && reply.event.type === 'chunk') text += reply.event.message.chunk;
      else if (reply.type === 'event' && reply.event.type === 'answerState') state = reply.event.state;
    }
    return { text, state };
  }
}

/** What the model is asked, and what the stand-in says to it, word by word. */
export const question = 'one two three four five six seven eight nine ten '.repeat(6).trim();
export const reply = `I am the stand-in for Ollama, not a model. You asked: ${question}`;
/** What the device may not have written down yet when it is killed: 250 ms of words, and as much again for a busy machine. */
const UNWRITTEN_UNITS = 0.5 * 60 * 6;

/** Windows and headless agents of one OS user, with a relay and an Ollama, as real processes. */
export class Windows {
  readonly ollama: FakeOllama;
  readonly folder: string;
  readonly secrets = new SecretWatch();
  readonly relayUrl: string;
  readonly invite: string | undefined;
  readonly relay: JsonProcess;
  windows: WindowProcess[] = [];
  #opened = 0;

  private constructor(folder: string, ollama: FakeOllama, relay: JsonProcess, url: string, invite: string | undefined) {
    this.folder = folder;
    this.ollama = ollama;
    this.relay = relay;
    this.relayUrl = url;
    this.invite = invite;
  }

  static async start(tokensPerSec = 60): Promise<Windows> {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-windows-'));
    const ollama = await startFakeOllama({ tokensPerSec });
    const relay = new JsonProcess(process.env['C2L_HOST_NODE'] ?? process.execPath, [
      ...[cli, 'relay', '--json', '--port', String(await freePort())],
    ]);
    const { url, invite } = await relay.first('listening');
    return new Windows(folder, ollama, relay, String(url), typeof invite === 'string' ? invite : undefined);
  }

  get state(): string {
    return join(this.folder, 'state');
  }

  /** Opens one more window and waits until it has its place. */
  async open(name = `window ${String(++this.#opened)}`): Promise<WindowProcess> {
    const window = new WindowProcess(name, this.state, this.ollama.url, this.secrets);
    this.windows.push(window);
    await window.process.first('ready');
    return window;
  }

  /** The headless agent on the same state folder. */
  startAgent(): JsonProcess {
    const args = ['agent', '--json', '--state', this.state, '--relay', this.relayUrl, '--ollama', this.ollama.url];
    return new JsonProcess(process.execPath, [quiet, cli, ...args, ...(this.invite === undefined ? [] : ['--invite', this.invite])], {
      secrets: this.secrets,
    });
  }

  get leaders(): WindowProcess[] {
    return this.windows.filter(({ seat }) => seat?.kind === 'leads');
  }

  get leader(): WindowProcess {
    const [leader] = this.leaders;
    if (!leader) throw new Error('nobody leads');
    return leader;
  }

  /** Sets the relay at the leader and connects. */
  async connect(): Promise<void> {
    await this.leader.order({ do: 'relay', url: this.relayUrl, ...(this.invite !== undefined && { invite: this.invite }) });
    await this.leader.order({ do: 'connect' });
  }

  /** Pairs a client by a link that `window` shows; its questions come there. */
  async pair(window: WindowProcess): Promise<StackClient> {
    const offers = window.process.events.length;
    await window.order({ do: 'offer' });
    const { link } = await window.process.first('offer', offers);
    return pairedClient(String(link), undefined, this.secrets);
  }

  /** SIGKILL, and out of the list. */
  async kill(window: WindowProcess): Promise<void> {
    this.windows = this.windows.filter((one) => one !== window);
    await window.process.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const { process: child } of this.windows) await child.stop('SIGKILL');
    await this.relay.stop();
    await this.ollama.close();
    this.secrets.clear(this.folder);
  }
}

export interface Takeover {
  /** From the kill until a survivor led, ms. */
  readonly ms: number;
  /** How the answer that was being written ended for the survivors. */
  readonly ended: string | undefined;
  readonly faults: readonly string[];
}

/** Kills the leader while an answer is being written that a follower asked for; says how the survivors came out of it. */
export async function takeOver(world: Windows, random: () => number): Promise<Takeover> {
  const faults: string[] = [];
  const { leader } = world;
  const survivors = world.windows.filter((window) => window !== leader);
  const conversationId = newId();
  for (const window of survivors) await window.chat({ type: 'open', conversationId });
  const asked = world.ollama.asked.length;
  const [first] = survivors;
  await first?.chat({ type: 'send', requestId: newId(), conversationId, text: question, model: 'stand-in:latest' });
  await until('the first words', () => survivors.every((window) => window.answer(conversationId).text.length > 0));
  await new Promise((resolve) => setTimeout(resolve, random() * 600));
  const seenBefore = survivors.map((window) => window.answer(conversationId).text);
  const killedAt = Date.now();
  await world.kill(leader);
  await until('a leader', () => world.leaders.length > 0, 10_000);
  const ms = world.leader.seat ? world.leader.seat.at - killedAt : Infinity;
  const settled = (): boolean =>
    world.leaders.length === 1 &&
    survivors.every(({ seat, pid }) => pid === world.leader.pid || (seat?.kind === 'follows' && seat.leader === world.leader.pid));
  await until('one leads and all others follow it', settled);
  const isOver = (state: string | undefined): boolean => state === 'done' || state === 'interrupted';
  await until('the end of the answer', () => survivors.every((window) => isOver(window.answer(conversationId).state)));
  const shown = survivors.map((window) => window.answer(conversationId));
  const stored = shown[0]?.text ?? '';
  if (shown.some(({ text }) => text !== stored)) faults.push('survivors show different answers');
  if (shown.some(({ state }) => state !== shown[0]?.state)) faults.push('survivors show different ends');
  if (shown[0]?.state === 'done' ? stored !== reply : !reply.startsWith(stored)) faults.push(`not what the model said: ${stored}`);
  if (seenBefore.some((text) => text.length - stored.length > UNWRITTEN_UNITS)) faults.push('more than a checkpoint is lost');
  if (world.ollama.asked.length !== asked + 1) faults.push(`asked ${String(world.ollama.asked.length - asked)} times`);
  if (world.leaders.length > 1) faults.push('two lead');
  for (const window of survivors) if (window.wasDoubled) faults.push('the relay saw two devices');
  for (const window of survivors) await window.chat({ type: 'close', conversationId });
  return { ms, ended: shown[0]?.state, faults };
}
