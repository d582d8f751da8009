import { utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { mayUseModel } from '../policy/chatPolicy.ts';
import type { ChatMessage, ChatReply, ConversationEvent, MutatingRequest } from '../protocol/chat.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_PROMPT_BYTES, MAX_PROMPT_MESSAGES } from '../protocol/limits.ts';
import type { ConversationShelf } from './conversationShelf.ts';
import { Generation } from './generation.ts';
import type { ChatPeer } from './hubConnection.ts';
import { newId } from './ids.ts';
import type { LiveConversation } from './liveConversation.ts';
import type { ConversationStore, ModelClient, OwnerId } from './ports.ts';
import { promptMessages } from './promptMessages.ts';
import { wellFormed } from './textPieces.ts';
import { titleFrom } from './title.ts';

export interface TurnsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ConversationStore;
  readonly models: ModelClient;
  readonly log: Logger;
  readonly shelf: ConversationShelf;
  /** Does the last list of models say that this one runs elsewhere? */
  readonly isCloudModel: (name: string) => boolean;
  readonly onDidChangeConversations: (owner: OwnerId) => void;
  readonly onDidChangeRunning: () => void;
  readonly onToken: () => void;
}

type Send = Extract<MutatingRequest, { type: 'send' }>;
type Respond = (reply: ChatReply) => void;

/** Carries out what changes conversations: the one place that writes turns and asks the model. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #running = new Set<Generation>();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running.size;
  }

  /** A repeat of a request is answered with the first answer and changes nothing. */
  change(peer: ChatPeer, request: MutatingRequest, respond: Respond): void {
    try {
      const first = this.#options.store.replyTo(peer.owner, request.requestId);
      if (first) respond(first);
      else this.#changeOnce(peer, request, respond);
    } catch (error) {
      const { code, detail } = this.#failed(error);
      // A store that cannot even be asked must not keep the model running.
      if (request.type === 'stop') this.#stop(peer, request);
      respond(refused(request, code, detail));
    }
  }

  /** Marks what runs as interrupted. */
  dispose(): void {
    for (const { answer } of this.#options.shelf.all) answer?.abandon();
  }

  #changeOnce(peer: ChatPeer, request: MutatingRequest, respond: Respond): void {
    if (request.type === 'send') {
      this.#send(peer, request, respond);
      return;
    }
    const { requestId, conversationId } = request;
    const live = this.#stop(peer, request);
    if (request.type === 'deleteConversation') {
      this.#options.store.deleteConversation(peer.owner, conversationId);
      live?.forget();
      this.#options.onDidChangeConversations(peer.owner);
    }
    const reply: ChatReply = { type: 'accepted', requestId };
    this.#options.store.rememberReply(peer.owner, requestId, reply);
    respond(reply);
  }

  /** Ends what runs in a conversation, unless another answer than this one was meant. */
  #stop(peer: ChatPeer, request: Exclude<MutatingRequest, Send>): LiveConversation | undefined {
    const live = this.#options.shelf.find(peer.owner, request.conversationId);
    const meant = request.type === 'stop' ? request.answerId : undefined;
    if (meant === undefined || live?.answer?.message.id === meant) live?.answer?.end({ state: 'stopped' });
    return live;
  }

  #send(peer: ChatPeer, request: Send, respond: Respond): void {
    const { store, shelf, models } = this.#options;
    const fault = this.#faultOf(peer, request);
    if (fault) {
      respond(refused(request, fault));
      return;
    }
    const live = shelf.take(peer.owner, request.conversationId);
    if (live.isBusy) {
      const reply = refused(request, 'busy');
      store.rememberReply(peer.owner, request.requestId, reply);
      respond(reply);
      return;
    }
    const generation = this.#commit(live, request, respond);
    generation.start((sink) => {
      const { messages } = store.messages(live.owner, live.id, { limit: MAX_PROMPT_MESSAGES });
      return models.generate({ model: request.model, messages: promptMessages(messages) }, sink);
    });
  }

  #faultOf(peer: ChatPeer, { text, model }: Send): ErrorCode | undefined {
    if (text.trim() === '' || model.trim() === '') return 'badMessage';
    if (utf8(text).length > MAX_PROMPT_BYTES) return 'messageTooLong';
    return mayUseModel(peer.scope, { name: model, cloud: this.#options.isCloudModel(model) }) ? undefined : 'notAllowed';
  }

  #commit(live: LiveConversation, request: Send, respond: Respond): Generation {
    const { clock, random, store, models } = this.#options;
    const { requestId, text, model } = request;
    const createdAt = clock.now();
    const question: ChatMessage = { id: newId(random), role: 'user', text: wellFormed(text), createdAt };
    const standIn = models.status.standIn === true ? { standIn: true } : {};
    const answer: ChatMessage = {
      id: newId(random),
      role: 'assistant',
      text: '',
      createdAt,
      model,
      state: 'waiting',
      nextSequence: 0,
      ...standIn,
    };
    const title = store.conversation(live.owner, live.id)?.title;
    const events: ConversationEvent[] = [{ type: 'turn', question, answer }];
    if (title === undefined) events.unshift({ type: 'title', title: titleFrom(text) });
    const reply: ChatReply = { type: 'accepted', requestId, answerId: answer.id };
    const { owner, id: conversationId } = live;
    try {
      store.commitTurn({ requestId, owner, conversationId, title: title ?? titleFrom(text), question, answer, reply });
    } catch (error) {
      this.#options.shelf.release(live);
      throw error;
    }
    const generation = this.#generation(live, answer);
    respond(reply);
    live.publish(...events);
    this.#options.onDidChangeConversations(owner);
    this.#options.onDidChangeRunning();
    return generation;
  }

  #generation(live: LiveConversation, answer: ChatMessage): Generation {
    const { clock, store, shelf, onToken } = this.#options;
    const generation: Generation = new Generation({
      clock,
      conversationId: live.id,
      answer,
      onToken,
      save: (update) => {
        try {
          store.updateAnswer(answer.id, update);
        } catch (error) {
          throw this.#failed(error);
        }
      },
      publish: (...events) => {
        live.publish(...events);
      },
      onStored: () => {
        if (live.answer === generation) live.answer = undefined;
        shelf.release(live);
      },
      onEnd: () => {
        this.#running.delete(generation);
        this.#options.onDidChangeConversations(live.owner);
        this.#options.onDidChangeRunning();
      },
    });
    live.answer = generation;
    this.#running.add(generation);
    return generation;
  }

  #failed(error: unknown): TunnelError {
    const failure = TunnelError.from(error);
    this.#options.log.warn('a change could not be carried out', { code: failure.code, detail: failure.detail });
    return failure;
  }
}

function refused({ requestId }: MutatingRequest, error: ErrorCode, detail?: string): ChatReply {
  return { type: 'refused', requestId, error, ...(detail === undefined ? {} : { detail }) };
}
