import { createInterface } from 'node:readline';
import type { Logger } from '../../base/log.ts';
import type { AgentControl, PairingQuestion, RelaySetting } from '../../protocol/agentControl.ts';
import { TunnelError, wordsOf } from '../../protocol/errors.ts';
import { parseRelayUrl } from '../../protocol/relayUrl.ts';
import type { ConnectionStatusEvent } from '../../protocol/status.ts';
import type { Scope } from '../../protocol/pairingFrames.ts';
import { StatusBus } from '../../status/statusEventBus.ts';
import type { PairingDesk } from '../pairingDesk.ts';
import { createNodeAgent } from './createNodeAgent.ts';

export interface AgentCommandOptions {
  readonly relay?: string | undefined;
  readonly invite?: string | undefined;
  readonly ollama?: string | undefined;
  readonly state?: string | undefined;
  /** Offers a pairing at once, and again after each use. */
  readonly pair?: boolean | undefined;
  /** Ends after the first pairing. */
  readonly once?: boolean | undefined;
  /** Lets every client in that holds the link, without asking. */
  readonly allow?: boolean | undefined;
  /** Whom `allow` lets in has chats of their own. */
  readonly guest?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** One event of the verb, as `--json` prints it. */
type AgentEvent =
  | ({ readonly event: 'state' } & ConnectionStatusEvent)
  | { readonly event: 'offer'; readonly link: string; readonly code: string; readonly expiresAt: number }
  | { readonly event: 'request'; readonly name: string; readonly scope: Scope; readonly words: readonly string[] }
  | { readonly event: 'paired'; readonly clientId: string }
  | { readonly event: 'key'; readonly clientId: string; readonly name: string; readonly key: string }
  | { readonly event: 'damaged'; readonly file: string; readonly conversations: number; readonly messages: number }
  | { readonly event: 'damagedPairings'; readonly file: string };

/** Runs the headless agent until SIGINT or SIGTERM. @returns the exit code */
export async function runAgent(options: AgentCommandOptions): Promise<number> {
  const bus = new StatusBus();
  const node = createNodeAgent({
    bus,
    log: stderrLogger,
    ...(options.state === undefined ? {} : { stateFolder: options.state }),
    ollama: () => ({ url: options.ollama }),
    face: { role: 'agent', name: 'cloudtolocalllm agent' },
  });
  const { agent } = node;
  const print = printer(options.json === true);
  const stop = new AbortController();
  const end = (): void => {
    stop.abort();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    if (node.damaged !== undefined) print({ event: 'damaged', ...node.damaged });
    if (node.damagedPairings !== undefined) print({ event: 'damagedPairings', file: node.damagedPairings });
    bus.statusStream((event) => {
      print({ event: 'state', ...event });
    });
    const address = options.relay ?? agent.relay?.origin;
    if (address === undefined) throw new TunnelError('badRelayUrl', 'name one with --relay https://relay.example');
    await agent.setRelay(address, options.invite ?? inviteFor(address, agent.relay));
    await agent.connect({ signal: stop.signal });
    if (options.pair === true) await pairClients(agent, node.desk, options, print, stop);
    else await aborted(stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    throw error;
  } finally {
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
    node.dispose();
  }
}

/** The invite that is kept for this relay. Another relay's is not its business. */
export function inviteFor(address: string, kept: RelaySetting | undefined): string | undefined {
  return kept?.origin === parseRelayUrl(address) ? kept.invite : undefined;
}

/**
 * Offers pairings until the end, or until one client is paired. Lines on stdin: `y` (the owner's), `g` (a guest's) and `n` answer a
 * question, `p` makes a new offer, `k NAME` an API key.
 */
async function pairClients(
  agent: AgentControl,
  desk: PairingDesk,
  options: AgentCommandOptions,
  print: (event: AgentEvent) => void,
  stop: AbortController,
): Promise<void> {
  let question: PairingQuestion | undefined;
  const offer = async (): Promise<void> => {
    desk.offeredBy();
    try {
      print({ event: 'offer', ...(await agent.createOffer()) });
    } catch (error) {
      stderrLogger.warn('no offer', { code: TunnelError.from(error).code });
    }
  };
  const createKey = async (name: string): Promise<void> => {
    try {
      print({ event: 'key', name, ...(await agent.createApiKey(name)) });
    } catch (error) {
      stderrLogger.warn('no key', { code: TunnelError.from(error).code });
    }
  };
  const lines = createInterface({ input: process.stdin });
  const subscriptions = [
    desk.onPairingQuestion((asked) => {
      print({ event: 'request', name: asked.name, scope: asked.scope, words: asked.words });
      if (options.allow === true) asked.answer(true, options.guest === true ? 'guest' : 'owner');
      else question = asked;
    }),
    desk.onDidPair((clientId) => {
      print({ event: 'paired', clientId });
      if (options.once === true) stop.abort();
      else void offer();
    }),
  ];
  lines.on('line', (line) => {
    const word = line.trim().toLowerCase();
    const keyName = /^k (.+)$/i.exec(line.trim())?.[1];
    if (keyName !== undefined) void createKey(keyName);
    else if (word === 'p') void offer();
    else if (word === 'y' || word === 'g' || word === 'n') {
      question?.answer(word !== 'n', word === 'g' ? 'guest' : 'owner');
      question = undefined;
    }
  });
  try {
    await offer();
    await aborted(stop.signal);
  } finally {
    lines.close();
    for (const subscription of subscriptions) subscription.dispose();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

function printer(json: boolean): (event: AgentEvent) => void {
  return (event) => {
    process.stdout.write(`${json ? JSON.stringify(event) : inWords(event)}\n`);
  };
}

function inWords(event: AgentEvent): string {
  switch (event.event) {
    case 'state':
      return `${event.state}${event.endpoint === undefined ? '' : ` (${event.endpoint})`}${event.error === undefined ? '' : `: ${wordsOf(event.error)}`}`;
    case 'offer':
      return `Pair a browser (the link works once, for 2 minutes): ${event.link}\nOr type on the relay’s page: ${event.code}`;
    case 'request':
      return `${event.name} ${wishes[event.scope]}. The words on its screen: ${event.words.join(' ')}. Allow? y (your own) / g (another person, with chats of their own) / N`;
    case 'paired':
      return 'Paired.';
    case 'key':
      return `The API key ${event.name}, shown this once: ${event.key}`;
    case 'damaged':
      return `The chat file was damaged. It is kept as ${event.file}. Chats that could still be read: ${String(event.conversations)}.`;
    case 'damagedPairings':
      return `The file of paired devices was damaged. It is kept as ${event.file}. Pair them again, and make new API keys.`;
  }
}

const wishes: Readonly<Record<Scope, string>> = {
  chat: 'wants to chat with your models',
  models: 'wants to chat with your models, and to pull and delete them',
  api: 'wants to send requests to your Ollama',
};

const stderrLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => process.stderr.write(`${JSON.stringify({ level: 'warn', message, ...fields })}\n`),
  error: (message, fields) => process.stderr.write(`${JSON.stringify({ level: 'error', message, ...fields })}\n`),
};
