import { deferred } from '../../../src/base/deferred.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { ChatReply } from '../../../src/protocol/chat.ts';
import type { DialLink, LinkSocket } from '../../../src/protocol/linkSocket.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';
import { parsePairingLink } from '../../../src/secure/pairingLink.ts';
import { deriveClient } from '../../../src/secure/pairingSecret.ts';
import { ClientTunnel, type Pairing } from '../../../src/tunnel/clientTunnel.ts';
import { dialWs } from '../../../src/tunnel/node/wsLinkSocket.ts';
import { pairClient } from '../../../src/tunnel/pairingClient.ts';
import { TunnelChatPort } from '../../../src/tunnel/tunnelChatPort.ts';
import { newId } from '../../integration/support/stack.ts';
import { HeardAnswer } from './heardAnswer.ts';
import type { Question } from './spoken.ts';

const common = { clock: systemClock, random: systemRandom, crypto: nodeCrypto };
const ends: readonly string[] = ['done', 'stopped', 'interrupted', 'error'];

/** A chat that a page looks at, with what it shows of its last answer. */
interface Chat {
  readonly heard: HeardAnswer;
  readonly requestId: string;
  readonly over: (heard: HeardAnswer) => void;
}

/** A browser's way to its device, without the browser: the page's tunnel and chat port, several chats on them. */
export class PageClient {
  readonly #pairing: Pairing;
  readonly #chats = new Map<string, Chat>();
  #socket: LinkSocket | undefined;
  #tunnel: ClientTunnel | undefined;
  #port: TunnelChatPort | undefined;

  private constructor(pairing: Pairing) {
    this.#pairing = pairing;
  }

  /** Pairs by a link that lets everybody in. */
  static async pair(linkText: string): Promise<PageClient> {
    const link = parsePairingLink(linkText);
    const staticKey = nodeCrypto.importKey(systemRandom.bytes(32));
    const progress = { onWaiting: () => undefined, onAsked: () => undefined };
    const asked = { dial: dialWs, ...common, staticKey, link, name: 'Load', kind: 'cli', scope: 'chat' } as const;
    const { root } = await pairClient(asked, progress);
    const { psk, dialHash } = deriveClient(nodeCrypto, root);
    return new PageClient({ origin: link.origin, deviceKey: link.deviceKey, staticKey, psk, dialHash });
  }

  get isConnected(): boolean {
    return this.#tunnel !== undefined;
  }

  /** Opens the page: a new tunnel, and a new mux at the device. */
  async connect(): Promise<void> {
    if (this.#tunnel) return;
    const dial: DialLink = (url, handlers) => {
      const socket = dialWs(url, handlers);
      this.#socket = socket;
      return socket;
    };
    const tunnel = new ClientTunnel({ dial, ...common, pairing: this.#pairing });
    this.#tunnel = tunnel;
    this.#port = new TunnelChatPort(tunnel);
    this.#port.onReply((reply) => {
      this.#take(reply);
    });
    await tunnel.supervisor.connect();
  }

  /** Asks in a chat that is new unless it is named. @returns what was heard when the answer is over */
  ask(
    question: Question,
    conversationId = newId(),
  ): { readonly heard: HeardAnswer; readonly over: Promise<HeardAnswer>; readonly chat: string } {
    const heard = new HeardAnswer(question);
    const { promise, resolve } = deferred<HeardAnswer>();
    const requestId = newId();
    this.#chats.set(conversationId, { heard, requestId, over: resolve });
    this.#port?.send({ type: 'open', conversationId });
    const asked = { type: 'send', requestId, conversationId, text: heard.prompt, model: 'stand-in:latest' } as const;
    this.#port?.send(asked);
    return { heard, over: promise, chat: conversationId };
  }

  stop(conversationId: string): void {
    this.#port?.send({ type: 'stop', requestId: newId(), conversationId });
  }

  /** Throws the chat away. */
  forget(conversationId: string): void {
    this.#chats.delete(conversationId);
    this.#port?.send({ type: 'close', conversationId });
    this.#port?.send({ type: 'deleteConversation', requestId: newId(), conversationId });
  }

  /** The line is gone, and the page does not know why. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Closes the page. What it had asked goes on at the device. */
  disconnect(): void {
    this.#port?.dispose();
    this.#tunnel?.dispose();
    this.#port = undefined;
    this.#tunnel = undefined;
    for (const { heard, over } of this.#chats.values()) {
      heard.end ??= 'left';
      over(heard);
    }
    this.#chats.clear();
  }

  #take(reply: ChatReply): void {
    if (reply.type === 'refused') this.#refused(reply.requestId, reply.error);
    if (!('conversationId' in reply)) return;
    const chat = this.#chats.get(reply.conversationId);
    if (!chat) return;
    const { heard } = chat;
    if (reply.type === 'snapshot') {
      const answer = reply.messages.findLast(({ role }) => role === 'assistant');
      if (answer && reply.messages.at(-2)?.text === heard.prompt) this.#replace(chat, answer.text, answer.state);
      return;
    }
    if (reply.type !== 'event') return;
    const { event } = reply;
    if (event.type === 'turn') heard.text = '';
    else if (event.type === 'chunk') heard.add(event.message.chunk);
    else if (event.type === 'answerState') this.#end(chat, event.state);
  }

  /** A snapshot stands for all that was heard before. */
  #replace(chat: Chat, text: string, state: string | undefined): void {
    const { heard } = chat;
    const more = text.length > heard.text.length;
    heard.text = text;
    if (more) heard.arrivals.push(heard.arrivals.at(-1) ?? heard.askedAt);
    this.#end(chat, state);
  }

  #refused(requestId: string | undefined, error: string): void {
    for (const { heard, requestId: own, over } of this.#chats.values()) {
      if (own !== requestId) continue;
      heard.end ??= `refused: ${error}`;
      over(heard);
    }
  }

  #end({ heard, over }: Chat, state: string | undefined): void {
    if (state === undefined || !ends.includes(state)) return;
    heard.end ??= state;
    over(heard);
  }
}
