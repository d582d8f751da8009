import {
  encodeChat,
  decodeJson,
  helloRequest,
  parseHubReply,
  type ChatReply,
  type ChatRequest,
  type ConversationEvent,
  type HubReply,
} from '../../src/protocol/chat.ts';
import type { ChatSettings } from '../../src/protocol/chatSettings.ts';
import { isRunning, type ChatMessage } from '../../src/protocol/chatMessage.ts';
import { TextJoiner } from '../../src/protocol/textJoiner.ts';
import type { Hub } from '../../src/conversation/hub.ts';
import type { ChatPeer } from '../../src/conversation/chatPeer.ts';
import type { HubConnection } from '../../src/conversation/hubConnection.ts';
import { MACHINE_OWNER } from '../../src/conversation/ports.ts';

export interface SeenConversation {
  hubEpoch: string;
  sequence: number;
  title: string;
  messages: ChatMessage[];
  more: boolean;
  settings?: ChatSettings | undefined;
}

/**
 * A view as the contract describes it. Everything it gets goes through the wire's own encoding, and what breaks the contract is a fault:
 * a gap, a repeated or missing piece, a second end, a message twice.
 */
export class TestView {
  readonly replies: ChatReply[] = [];
  /** As they came, pieces of long texts included. */
  readonly raw: HubReply[] = [];
  readonly faults: string[] = [];
  readonly conversations = new Map<string, SeenConversation>();
  /** Replies it still takes. */
  credit = Infinity;
  closedWith: string | undefined;
  readonly #joiner = new TextJoiner();
  readonly #completed = new Set<string>();
  readonly #connection: HubConnection;

  constructor(hub: Hub, peer: Partial<ChatPeer> = {}, options: { readonly hello?: boolean; readonly credit?: number } = {}) {
    this.credit = options.credit ?? Infinity;
    const mayTake = (): boolean => this.credit > 0;
    this.#connection = hub.connect(
      { owner: MACHINE_OWNER, scope: 'local', ...peer },
      {
        get ready() {
          return mayTake();
        },
        send: (reply) => {
          this.#take(reply);
        },
        close: (error) => {
          this.closedWith = error;
        },
      },
    );
    if (options.hello !== false) this.send(helloRequest);
  }

  send(request: ChatRequest): void {
    this.#connection.receive(request);
  }

  /** Opens anew from where it stands. */
  open(conversationId: string): void {
    const seen = this.conversations.get(conversationId);
    this.send({ type: 'open', conversationId, ...(seen ? { since: { hubEpoch: seen.hubEpoch, sequence: seen.sequence } } : {}) });
  }

  grant(credit: number): void {
    this.credit += credit;
    this.#connection.onWritable();
  }

  leave(): void {
    this.#connection.dispose();
  }

  /** What another view would begin with had it seen the same: a page that was reloaded but kept its model. */
  inherit(from: TestView): void {
    for (const [id, seen] of from.conversations) this.conversations.set(id, { ...seen, messages: [...seen.messages] });
    for (const id of from.#completed) this.#completed.add(id);
  }

  texts(conversationId: string): string[] {
    return this.conversations.get(conversationId)?.messages.map(({ text }) => text) ?? [];
  }

  lastState(conversationId: string): string | undefined {
    return this.conversations.get(conversationId)?.messages.at(-1)?.state;
  }

  of<T extends ChatReply['type']>(type: T): Extract<ChatReply, { type: T }>[] {
    return this.replies.filter((reply): reply is Extract<ChatReply, { type: T }> => reply.type === type);
  }

  events(conversationId: string): ConversationEvent[] {
    return this.of('event')
      .filter((reply) => reply.conversationId === conversationId)
      .map(({ event }) => event);
  }

  #take(sent: HubReply): void {
    if (this.credit <= 0) this.faults.push('written to without credit');
    this.credit--;
    const reply = parseHubReply(decodeJson(encodeChat(sent)));
    this.raw.push(reply);
    const whole = this.#joiner.take(reply);
    if (!whole) return;
    this.replies.push(whole);
    if (whole.type === 'snapshot') {
      const { hubEpoch, sequence, title, messages, more, settings } = whole;
      // an answer that is gone on with will be complete once more
      for (const { id, state = 'done' } of messages) if (isRunning(state)) this.#completed.delete(id);
      this.conversations.set(whole.conversationId, { hubEpoch, sequence, title, messages, more, settings });
    } else if (whole.type === 'event') this.#event(whole.conversationId, whole.sequence, whole.event);
  }

  #event(conversationId: string, sequence: number, event: ConversationEvent): void {
    const seen = this.conversations.get(conversationId);
    if (seen?.sequence !== sequence - 1) {
      this.faults.push(`event ${String(sequence)} after ${String(seen?.sequence)}`);
      return;
    }
    seen.sequence = sequence;
    if (event.type === 'title') seen.title = event.title;
    else if (event.type === 'settings') seen.settings = event.settings;
    else if (event.type === 'turn') {
      if (seen.messages.some(({ id }) => id === event.question.id)) this.faults.push('a turn came twice');
      seen.messages.push(event.question, event.answer);
    } else this.#change(seen, event);
  }

  #change(seen: SeenConversation, event: Extract<ConversationEvent, { type: 'chunk' | 'answerState' | 'thought' }>): void {
    const id = event.type === 'chunk' ? event.message.id : event.answerId;
    const at = seen.messages.findIndex((message) => message.id === id);
    const answer = seen.messages[at];
    if (!answer || !isRunning(answer.state ?? 'waiting')) {
      this.faults.push(`${event.type} for an answer that does not run`);
      return;
    }
    if (event.type === 'answerState') {
      const { type: _, answerId: __, ...end } = event;
      if (!isRunning(event.state) && !this.#completed.has(id)) this.faults.push('an end without its complete piece');
      seen.messages[at] = { ...answer, ...end };
      return;
    }
    if (event.type === 'thought') {
      const { thinking = '' } = answer;
      if (event.offset !== thinking.length) this.faults.push(`a thought at ${String(event.offset)} after ${String(thinking.length)}`);
      if (this.#completed.has(id)) this.faults.push('a thought after the complete piece');
      seen.messages[at] = { ...answer, thinking: thinking + event.text, thinkingMs: event.ms };
      return;
    }
    const { chunk, sequence, isComplete } = event.message;
    if (sequence !== answer.nextSequence) this.faults.push(`piece ${String(sequence)} instead of ${String(answer.nextSequence)}`);
    if (this.#completed.has(id)) this.faults.push('a piece after the complete one');
    if (isComplete) this.#completed.add(id);
    seen.messages[at] = { ...answer, text: answer.text + chunk, nextSequence: sequence + 1 };
  }
}
