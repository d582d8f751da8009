// node scripts/ask.ts --link L [--question Q] [--json]: a terminal client. It pairs by the link, asks one question through the relay, prints the
// answer as it comes, and the figures. Pairing and tunnel are the page's own code, over the `ws` adapter.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { toBase64url } from '../src/base/bytes.ts';
import { systemRandom } from '../src/base/random.ts';
import { TunnelError } from '../src/protocol/errors.ts';
import type { ChatReply } from '../src/protocol/chat.ts';
import type { DialLink } from '../src/protocol/linkSocket.ts';
import { nodeCrypto } from '../src/secure/node/nodeCrypto.ts';
import { parsePairingLink } from '../src/secure/pairingLink.ts';
import { deriveClient } from '../src/secure/pairingSecret.ts';
import { ClientTunnel } from '../src/tunnel/clientTunnel.ts';
import { dialWs } from '../src/tunnel/node/wsLinkSocket.ts';
import { pairClient } from '../src/tunnel/pairingClient.ts';
import { TunnelChatPort } from '../src/tunnel/tunnelChatPort.ts';

/** Pieces this long are looked for in what the relay saw. */
const READABLE_CHARACTERS = 8;
const LIMIT_MS = 120_000;

interface Answer {
  readonly model: string;
  readonly text: string;
  readonly pieces: number;
  /** From the question to the first piece, ms. */
  readonly firstAfterMs: number;
  /** From the hub's publishing of a piece to its arrival here, median, ms: what relay and tunnel add. */
  readonly tunnelAddedMs: number;
  readonly standIn: boolean;
}

const { values } = parseArgs({
  options: {
    link: { type: 'string' },
    question: { type: 'string', default: `In one sentence: what are you? (${randomBytes(4).toString('hex')})` },
    json: { type: 'boolean', default: false },
  },
});

/** Everything that crosses the relay on this client's links, both ways. */
const seen: Uint8Array[] = [];
const dialAndWatch: DialLink = (url, handlers) => {
  const socket = dialWs(url, {
    ...handlers,
    onMessage: (message) => {
      seen.push(message.slice());
      handlers.onMessage(message);
    },
  });
  return {
    send: (message) => {
      seen.push(message.slice());
      socket.send(message);
    },
    close: (code, reason) => {
      socket.close(code, reason);
    },
    terminate: () => {
      socket.terminate();
    },
    get backlogBytes() {
      return socket.backlogBytes;
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
  };
};

function say(text: string): void {
  if (!values.json) process.stdout.write(text);
}

async function pair(linkText: string, signal: AbortSignal): Promise<ClientTunnel> {
  const link = parsePairingLink(linkText);
  const staticKey = nodeCrypto.importKey(systemRandom.bytes(32));
  const common = { dial: dialAndWatch, clock: systemClock, random: systemRandom, crypto: nodeCrypto };
  const progress = {
    onWaiting: () => undefined,
    onAsked: (words: readonly string[]) => {
      say(`  paired by link; the six words are: ${words.join(' ')}\n`);
    },
  };
  const { root } = await pairClient({ ...common, staticKey, link, name: 'Terminal', kind: 'cli', scope: 'chat' }, progress, signal);
  const { psk, dialHash } = deriveClient(nodeCrypto, root);
  return new ClientTunnel({ ...common, pairing: { origin: link.origin, deviceKey: link.deviceKey, staticKey, psk, dialHash } });
}

async function ask(port: TunnelChatPort, question: string, signal: AbortSignal): Promise<Answer> {
  const conversationId = toBase64url(systemRandom.bytes(16));
  const requestId = toBase64url(systemRandom.bytes(16));
  const added: number[] = [];
  let model = '';
  let text = '';
  let askedAt = 0;
  let firstAt = 0;
  let standIn = false;
  return await new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new TunnelError('cancelled', `no answer within ${String(LIMIT_MS / 1000)} s`));
    });
    const onReply = (reply: ChatReply): void => {
      if (reply.type === 'ollama') standIn = reply.status.standIn === true;
      else if (reply.type === 'models' && model === '') {
        model = reply.suggested ?? '';
        if (model === '') reject(new TunnelError('ollamaNoModels'));
        else {
          say(`\n  You: ${question}\n  ${model}: `);
          askedAt = performance.now();
          port.send({ type: 'send', requestId, conversationId, text: question, model });
        }
      } else if (reply.type === 'refused') reject(new TunnelError(reply.error, reply.detail));
      else if (reply.type === 'event' && reply.event.type === 'chunk') {
        const { chunk, timestamp } = reply.event.message;
        if (chunk === '') return;
        if (firstAt === 0) firstAt = performance.now();
        added.push(Math.max(0, Date.now() - timestamp));
        text += chunk;
        say(chunk);
      } else if (reply.type === 'event' && reply.event.type === 'answerState') {
        const { state, error, errorDetail } = reply.event;
        if (state === 'done')
          resolve({ model, text, pieces: added.length, firstAfterMs: firstAt - askedAt, tunnelAddedMs: median(added), standIn });
        else if (state === 'error' || state === 'interrupted' || state === 'stopped')
          reject(new TunnelError(error ?? 'internal', errorDetail));
      }
    };
    port.onReply(onReply);
    port.send({ type: 'open', conversationId });
    port.send({ type: 'listModels' });
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Bytes of question and answer that stand readable in what crossed the relay. */
function readableBytes(question: string, answer: string): number {
  const wire = Buffer.concat(seen).toString('latin1');
  let found = 0;
  for (const text of [question, answer]) {
    const bytes = Buffer.from(text).toString('latin1');
    for (let at = 0; at + READABLE_CHARACTERS <= bytes.length; at += READABLE_CHARACTERS) {
      if (wire.includes(bytes.slice(at, at + READABLE_CHARACTERS))) found += READABLE_CHARACTERS;
    }
  }
  return found;
}

async function main(): Promise<number> {
  if (values.link === undefined) throw new TunnelError('badPairingLink', 'name one with --link');
  const signal = AbortSignal.timeout(LIMIT_MS);
  const tunnel = await pair(values.link, signal);
  const port = new TunnelChatPort(tunnel);
  try {
    await tunnel.supervisor.connect(signal);
    const answer = await ask(port, values.question, signal);
    const wireBytes = seen.reduce((sum, { length }) => sum + length, 0);
    const readable = readableBytes(values.question, answer.text);
    if (values.json)
      process.stdout.write(
        `${JSON.stringify({ event: 'answer', question: values.question, ...answer, wireBytes, readableBytes: readable })}\n`,
      );
    say(
      `\n\n  ${String(answer.pieces)} pieces, the first after ${answer.firstAfterMs.toFixed(0)} ms; the tunnel added ${String(answer.tunnelAddedMs)} ms (median)\n` +
        `  the relay saw ${String(wireBytes)} bytes of this client, ${String(readable)} of them readable\n`,
    );
    return readable === 0 ? 0 : 1;
  } finally {
    port.dispose();
    tunnel.dispose();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, hop, words, detail } = TunnelError.from(error);
  process.stderr.write(`${JSON.stringify({ event: 'failed', hop, code, words, detail })}\n`);
  process.exitCode = 1;
}
