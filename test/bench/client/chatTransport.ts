import { toBase64url } from '../../../src/base/bytes.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { ChatReply } from '../../../src/protocol/chat.ts';
import type { ChatPort } from '../../../src/protocol/chatPort.ts';
import { MODEL } from '../lib/tokenLine.ts';
import type { AnswerSink, Question, Transport } from './transport.ts';

/** Asks as a view does, through a ChatPort: each question is a conversation of its own, committed before the model is asked. */
export class ChatTransport implements Transport {
  readonly #makePort: () => Promise<ChatPort & { close(): void }>;
  readonly #sinks = new Map<string, AnswerSink>();
  #port: (ChatPort & { close(): void }) | undefined;

  constructor(makePort: () => Promise<ChatPort & { close(): void }>) {
    this.#makePort = makePort;
  }

  async prepare(): Promise<void> {
    if (this.#port) return;
    this.#port = await this.#makePort();
    this.#port.onReply((reply) => {
      this.#receive(reply);
    });
  }

  ask(prompt: string, sink: AnswerSink): Question {
    const port = this.#port;
    if (!port) throw new Error('prepare first');
    const conversationId = toBase64url(systemRandom.bytes(16));
    this.#sinks.set(conversationId, sink);
    port.send({ type: 'open', conversationId });
    port.send({ type: 'send', requestId: toBase64url(systemRandom.bytes(16)), conversationId, text: prompt, model: MODEL });
    return {
      setReading: () => {
        throw new Error('a chat view is never left unread');
      },
      abort: () => {
        this.#sinks.delete(conversationId);
      },
    };
  }

  dispose(): void {
    this.#port?.close();
  }

  #receive(reply: ChatReply): void {
    if (reply.type === 'refused') {
      for (const [id, sink] of this.#sinks) this.#end(id, sink, `refused: ${reply.error} ${reply.detail ?? ''}`, false);
      return;
    }
    if (reply.type !== 'event') return;
    const { conversationId, event } = reply;
    const sink = this.#sinks.get(conversationId);
    if (!sink) return;
    if (event.type === 'chunk') {
      if (event.message.chunk !== '') sink.onText(event.message.chunk);
    } else if (event.type === 'answerState') {
      if (event.state === 'done') this.#end(conversationId, sink, undefined, true);
      else if (event.state === 'error' || event.state === 'interrupted' || event.state === 'stopped')
        this.#end(conversationId, sink, `${event.state} ${event.error ?? ''}`, false);
    }
  }

  #end(conversationId: string, sink: AnswerSink, error: string | undefined, finished: boolean): void {
    this.#sinks.delete(conversationId);
    this.#port?.send({ type: 'close', conversationId });
    sink.onEnd(error, finished);
  }
}
