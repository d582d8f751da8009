import { assertNever } from '../base/assertNever.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { allowedSettings, mayUseModel } from '../policy/chatPolicy.ts';
import type { ChatReply, ConversationEvent, ConversationRequest } from '../protocol/chat.ts';
import { isRunning, type ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_PROMPT_MESSAGES } from '../protocol/limits.ts';
import { faultOf, isAsking, type Asking } from './asking.ts';
import type { ConversationShelf } from './conversationShelf.ts';
import { Generation } from './generation.ts';
import { Generations } from './generations.ts';
import { generationRequest } from './generationRequest.ts';
import type { ChatPeer } from './chatPeer.ts';
import { newId } from './ids.ts';
import type { ImageUploads } from './imageUploads.ts';
import type { LiveConversation } from './liveConversation.ts';
import { MACHINE_OWNER, type ConversationStore, type ModelClient, type OwnerId } from './ports.ts';
import { imagesOf, questionOf } from './questionImages.ts';
import { titleFrom } from './title.ts';

export interface TurnsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ConversationStore;
  /** A conversation is not to be written down. @throws TunnelError */
  readonly beginTemporary: (owner: OwnerId, conversationId: string) => void;
  readonly models: ModelClient;
  readonly log: Logger;
  readonly shelf: ConversationShelf;
  /** What the owner of the machine has set for all of their chats. */
  readonly defaults: (() => ChatSettings) | undefined;
  /** Does the last list of models say that this one runs elsewhere? */
  readonly isCloudModel: (name: string) => boolean;
  readonly canThink: (name: string) => boolean;
  readonly canSee: (name: string) => boolean;
  readonly uploads: ImageUploads;
  readonly onDidChangeConversations: (owner: OwnerId) => void;
  readonly onDidChangeRunning: () => void;
  /** A model has begun to say something: it is in memory. */
  readonly onBegin: () => void;
  readonly onToken: () => void;
}

type Continuing = Extract<ConversationRequest, { type: 'continue' }>;
type Respond = (reply: ChatReply) => void;

/** Carries out what changes conversations: the one place that writes turns and asks the model. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #running = new Generations();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get running(): Pick<Generations, 'size' | 'of'> {
    return this.#running;
  }

  /** A repeat of a request is answered with the first answer and changes nothing. */
  change(peer: ChatPeer, request: ConversationRequest, respond: Respond): void {
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

  #changeOnce(peer: ChatPeer, request: ConversationRequest, respond: Respond): void {
    if ('temporary' in request && request.temporary === true) this.#options.beginTemporary(peer.owner, request.conversationId);
    if (isAsking(request)) {
      this.#ask(peer, request, respond);
      return;
    }
    if (request.type === 'continue') {
      this.#continue(peer, request, respond);
      return;
    }
    const { requestId } = request;
    const live = this.#options.shelf.find(peer.owner, request.conversationId);
    // Viewers follow one branch: the one that is being written.
    const reply: ChatReply =
      request.type === 'choose' && live?.isBusy === true ? refused(request, 'busy') : { type: 'accepted', requestId };
    if (reply.type === 'accepted') this.#arrange(peer, request, live);
    this.#options.store.rememberReply(peer.owner, requestId, reply);
    respond(reply);
  }

  /** Changes that ask no model. */
  #arrange(peer: ChatPeer, request: Exclude<ConversationRequest, Asking | Continuing>, live: LiveConversation | undefined): void {
    const { store } = this.#options;
    const { conversationId } = request;
    switch (request.type) {
      case 'stop':
        this.#stop(peer, request);
        return;
      case 'choose':
        store.choose(peer.owner, conversationId, request.messageId);
        live?.forget();
        return;
      case 'configure': {
        const settings = allowedSettings(peer, request.settings);
        store.configure(peer.owner, conversationId, settings);
        live?.publish({ type: 'settings', settings });
        return;
      }
      case 'rename':
        store.rename(peer.owner, conversationId, request.title);
        live?.publish({ type: 'title', title: request.title });
        break;
      case 'deleteConversation':
        live?.answer?.end({ state: 'stopped' });
        store.deleteConversation(peer.owner, conversationId);
        live?.forget();
        break;
      case 'restoreConversation':
        store.restoreConversation(peer.owner, conversationId);
        live?.forget();
        break;
      default:
        assertNever(request);
    }
    this.#options.onDidChangeConversations(peer.owner);
  }

  /** Ends what runs in a conversation, unless another answer than this one was meant. */
  #stop(peer: ChatPeer, { conversationId, answerId }: Extract<ConversationRequest, { type: 'stop' }>): void {
    const answer = this.#options.shelf.find(peer.owner, conversationId)?.answer;
    if (answerId === undefined || answer?.message.id === answerId) answer?.end({ state: 'stopped' });
  }

  #ask(peer: ChatPeer, request: Asking, respond: Respond): void {
    const { shelf } = this.#options;
    const fault = faultOf(this.#options, peer, request);
    if (fault) {
      respond(refused(request, fault));
      return;
    }
    const live = shelf.take(peer.owner, request.conversationId);
    if (live.isBusy) {
      this.#refuseBusy(peer, request, respond);
      return;
    }
    if (this.#running.isFull(peer)) {
      respond(refused(request, 'tooManyStreams')); // not remembered: a repeat finds room
      return;
    }
    this.#start(peer, live, this.#commit(peer, live, request, respond), request.model);
  }

  #continue(peer: ChatPeer, request: Continuing, respond: Respond): void {
    const { store, shelf } = this.#options;
    const { owner } = peer;
    const { requestId, conversationId, answerId } = request;
    const found = store.message(owner, conversationId, answerId)?.message;
    if (found?.role !== 'assistant' || found.text.trim() === '' || found.model === undefined) throw new TunnelError('unknownMessage');
    const { model, state = 'done' } = found;
    if (!mayUseModel(peer, { name: model, cloud: this.#options.isCloudModel(model) })) throw new TunnelError('notAllowed');
    if (isRunning(state) || shelf.find(owner, conversationId)?.answer) {
      this.#refuseBusy(peer, request, respond);
      return;
    }
    if (this.#running.isFull(peer)) throw new TunnelError('tooManyStreams');
    const reply: ChatReply = { type: 'accepted', requestId, answerId };
    store.continueAnswer({ requestId, owner, conversationId, answerId, reply });
    const live = shelf.take(owner, conversationId);
    const { stats: _, error: __, errorDetail: ___, ...kept } = found;
    const generation = this.#generation(peer, live, { ...kept, state: 'waiting' });
    respond(reply);
    live.forget();
    this.#options.onDidChangeConversations(owner);
    this.#options.onDidChangeRunning();
    this.#start(peer, live, generation, model);
  }

  #start(peer: ChatPeer, live: LiveConversation, generation: Generation, model: string): void {
    const { store, models, canThink, canSee, defaults } = this.#options;
    generation.start((sink) => {
      const { messages } = store.messages(live.owner, live.id, { limit: MAX_PROMPT_MESSAGES });
      const own = store.settings(live.owner, live.id);
      // the owner's may have been set at the machine; a guest's came from afar, and under another rule perhaps
      const settings = live.owner === MACHINE_OWNER ? { ...defaults?.(), ...own } : allowedSettings(peer, own);
      const imageOf = canSee(model) ? (imageId: string) => store.image(live.owner, live.id, imageId) : undefined;
      return models.generate(generationRequest({ model, messages, settings, canThink: canThink(model), imageOf }), sink);
    });
  }

  #refuseBusy(peer: ChatPeer, request: Asking | Continuing, respond: Respond): void {
    const reply = refused(request, 'busy');
    this.#options.store.rememberReply(peer.owner, request.requestId, reply);
    respond(reply);
  }

  #commit(peer: ChatPeer, live: LiveConversation, request: Asking, respond: Respond): Generation {
    const { clock, random, store, models } = this.#options;
    const { requestId, model } = request;
    const { owner, id: conversationId } = live;
    const createdAt = clock.now();
    const standIn = models.status.standIn === true ? { standIn: true } : {};
    const answer: ChatMessage = {
      ...{ id: newId(random), role: 'assistant', text: '', createdAt, model, state: 'waiting', nextSequence: 0 },
      ...standIn,
    };
    const reply: ChatReply = { type: 'accepted', requestId, answerId: answer.id };
    const known = store.conversation(owner, conversationId)?.title;
    const title = known ?? titleFrom('text' in request ? request.text : '');
    const images = imagesOf(this.#options, live, request);
    const question = 'text' in request ? { question: questionOf(request.text, newId(random), createdAt, images) } : {};
    try {
      const place = request.type === 'send' ? {} : { parentId: this.#placeOf(live, request) };
      store.commitTurn({ requestId, owner, conversationId, title, ...question, answer, images: images.fresh, ...place, reply });
      for (const { info } of images.fresh) this.#options.uploads.drop(owner, info.id);
    } catch (error) {
      this.#options.shelf.release(live);
      throw error;
    }
    const generation = this.#generation(peer, live, answer);
    respond(reply);
    if (request.type === 'send' && question.question) {
      const begun: readonly ConversationEvent[] = known === undefined ? [{ type: 'title', title }] : [];
      live.publish(...begun, { type: 'turn', question: question.question, answer });
    } else live.forget();
    this.#options.onDidChangeConversations(owner);
    this.#options.onDidChangeRunning();
    return generation;
  }

  /** Behind which message another answer, or another version of a question, stands. @throws TunnelError `unknownMessage` */
  #placeOf({ owner, id }: LiveConversation, request: Exclude<Asking, { type: 'send' }>): string | null {
    const [messageId, role] =
      request.type === 'edit' ? ([request.questionId, 'user'] as const) : ([request.answerId, 'assistant'] as const);
    const found = this.#options.store.message(owner, id, messageId);
    if (found?.message.role !== role) throw new TunnelError('unknownMessage');
    return found.parentId;
  }

  #generation(peer: ChatPeer, live: LiveConversation, answer: ChatMessage): Generation {
    const { clock, store, shelf, onToken, onBegin } = this.#options;
    const generation: Generation = new Generation({
      clock,
      conversationId: live.id,
      answer,
      onToken,
      onBegin,
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
    this.#running.add(generation, peer);
    return generation;
  }

  #failed(error: unknown): TunnelError {
    const failure = TunnelError.from(error);
    this.#options.log.warn('a change could not be carried out', { code: failure.code, detail: failure.detail });
    return failure;
  }
}

function refused({ requestId }: ConversationRequest, error: ErrorCode, detail?: string): ChatReply {
  return { type: 'refused', requestId, error, ...(detail === undefined ? {} : { detail }) };
}
