import { assertNever } from '../base/assertNever.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { mayRequest, type ChatScope } from '../policy/chatPolicy.ts';
import { isMutating, type ChatReply, type ChatRequest, type HubReply, type MutatingRequest } from '../protocol/chat.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_OPEN_CONVERSATIONS } from '../protocol/limits.ts';
import { CHAT_VERSION, CHAT_VERSION_OLDEST } from '../protocol/versions.ts';
import type { LiveConversation } from './liveConversation.ts';
import { nextBatch } from './messageBatch.ts';
import type { OwnerId } from './ports.ts';
import { once, ReplyQueue } from './replyQueue.ts';
import { TextsAhead } from './textsAhead.ts';
import { Viewing, type ViewingSource } from './viewing.ts';

/** Who is at the other end of a chat line. */
export interface ChatPeer {
  readonly owner: OwnerId;
  readonly scope: ChatScope;
}

/** Where a line's replies go. */
export interface ChatSink {
  /** What it throws ends this line alone. */
  send(reply: HubReply): void;
  /** May another reply be written now? When it becomes true again, call `onWritable`. */
  readonly ready: boolean;
  /** The line cannot go on: the view asked for more than it took. */
  close?(error: ErrorCode): void;
}

/** What a line asks of its hub. */
export interface HubServices extends ViewingSource {
  readonly deviceName: string;
  readonly log: Logger;
  follow(owner: OwnerId, conversationId: string): LiveConversation;
  unfollow(conversation: LiveConversation): void;
  /** Carries out a mutating request. `respond` is called once, before any viewer hears of it. */
  change(peer: ChatPeer, request: MutatingRequest, respond: (reply: ChatReply) => void): void;
  conversations(owner: OwnerId, before?: string): ChatReply;
  deleted(owner: OwnerId): ChatReply;
  found(owner: OwnerId, query: string): ChatReply;
  /** Never throws: a failure is the reply. */
  models(peer: ChatPeer): Promise<ChatReply>;
  ollama(): ChatReply;
  left(connection: HubConnection): void;
}

/** One chat line of one view. Replies are made when the view can take them, so a slow view costs positions, not text. */
export class HubConnection implements Disposable {
  readonly peer: ChatPeer;
  readonly #hub: HubServices;
  readonly #sink: ChatSink;
  #phase: 'new' | 'greeted' | 'refused' | 'disposed' = 'new';
  readonly #replies = new ReplyQueue();
  readonly #viewings = new Map<string, { readonly viewing: Viewing; readonly wake: () => void }>();
  #owesOllama = false;
  #owesConversations = false;
  #followsConversations = false;
  #asksModels = false;
  #pumping = false;

  constructor(hub: HubServices, peer: ChatPeer, sink: ChatSink) {
    this.#hub = hub;
    this.peer = peer;
    this.#sink = sink;
  }

  receive(request: ChatRequest): void {
    if (this.#phase === 'disposed') return;
    if (this.#replies.isFull) {
      this.#hub.log.warn('a view asks for more than it takes');
      this.dispose();
      this.#sink.close?.('flowViolation');
      return;
    }
    if (request.type === 'hello') this.#greet(request);
    else if (this.#phase !== 'greeted')
      this.#refuse(request, this.#phase === 'refused' ? 'chatVersion' : 'badMessage', 'hello comes first');
    else if (!mayRequest(this.peer.scope, request.type)) this.#refuse(request, 'notAllowed');
    else this.#handle(request);
    this.#pump();
  }

  onWritable(): void {
    this.#pump();
  }

  /** Ollama's status has changed. */
  ollamaChanged(): void {
    this.#owesOllama = this.#phase === 'greeted';
    this.#pump();
  }

  /** A conversation of this owner has come, gone or changed. */
  conversationsChanged(): void {
    this.#owesConversations ||= this.#followsConversations;
    this.#pump();
  }

  /** The view has left. Generations go on. */
  dispose(): void {
    if (this.#phase === 'disposed') return;
    this.#phase = 'disposed';
    for (const id of [...this.#viewings.keys()]) this.#close(id);
    this.#hub.left(this);
  }

  #greet(hello: Extract<ChatRequest, { type: 'hello' }>): void {
    if (hello.oldest > CHAT_VERSION || hello.version < CHAT_VERSION_OLDEST) {
      this.#phase = 'refused';
      this.#refuse(hello, 'chatVersion');
      return;
    }
    this.#phase = 'greeted';
    const { hubEpoch, deviceName } = this.#hub;
    const version = Math.min(CHAT_VERSION, hello.version);
    this.#reply({ type: 'welcome', version, hubEpoch, deviceName, scope: this.peer.scope });
    this.#owesOllama = true;
  }

  #handle(request: Exclude<ChatRequest, { type: 'hello' }>): void {
    switch (request.type) {
      case 'listConversations':
        this.#list(request.before);
        return;
      case 'listModels':
        this.#listModels();
        return;
      case 'open':
        this.#open(request);
        return;
      case 'close':
        this.#close(request.conversationId);
        return;
      case 'page':
        this.#page(request.conversationId, request.before);
        return;
      case 'ack':
        this.#viewings.get(request.conversationId)?.viewing.ack(request.sequence);
        return;
      case 'listDeleted':
        this.#replies.push(once(() => this.#hub.deleted(this.peer.owner)));
        return;
      case 'search':
        this.#replies.push(once(() => this.#hub.found(this.peer.owner, request.query)));
        return;
      case 'send':
      case 'stop':
      case 'regenerate':
      case 'edit':
      case 'choose':
      case 'rename':
      case 'deleteConversation':
      case 'restoreConversation':
        this.#hub.change(this.peer, request, (reply) => {
          this.#reply(reply);
        });
        return;
      default:
        assertNever(request);
    }
  }

  #list(before: string | undefined): void {
    if (before !== undefined) {
      this.#replies.push(once(() => this.#hub.conversations(this.peer.owner, before)));
      return;
    }
    this.#followsConversations = true;
    this.#owesConversations = true;
  }

  #listModels(): void {
    if (this.#asksModels) return;
    this.#asksModels = true;
    void this.#hub.models(this.peer).then((reply) => {
      this.#asksModels = false;
      this.#reply(reply);
      this.#pump();
    });
  }

  #open(request: Extract<ChatRequest, { type: 'open' }>): void {
    const { conversationId } = request;
    this.#close(conversationId);
    if (this.#viewings.size >= MAX_OPEN_CONVERSATIONS) {
      this.#refuse(request, 'tooManyStreams', 'too many open conversations');
      return;
    }
    const conversation = this.#hub.follow(this.peer.owner, conversationId);
    const wake = (): void => {
      this.#pump();
    };
    conversation.viewers.add(wake);
    this.#viewings.set(conversationId, { viewing: new Viewing(conversation, this.#hub, request.since), wake });
  }

  #close(conversationId: string): void {
    const open = this.#viewings.get(conversationId);
    if (!open) return;
    this.#viewings.delete(conversationId);
    const { conversation } = open.viewing;
    conversation.viewers.delete(open.wake);
    this.#hub.unfollow(conversation);
  }

  #page(conversationId: string, before: string): void {
    const ahead = new TextsAhead();
    let done = false;
    this.#replies.push(() => {
      if (done) return undefined;
      const conversation = this.#hub.follow(this.peer.owner, conversationId);
      const batch = nextBatch(conversationId, this.#hub.newestFirst(conversation, before), ahead);
      this.#hub.unfollow(conversation);
      if ('type' in batch) return batch;
      done = true;
      return { type: 'page', conversationId, messages: [...batch.messages], more: batch.more };
    });
  }

  #refuse(request: ChatRequest, error: ErrorCode, detail?: string): void {
    const requestId = isMutating(request) ? { requestId: request.requestId } : {};
    this.#reply({ type: 'refused', ...requestId, error, ...(detail === undefined ? {} : { detail }) });
  }

  #reply(reply: ChatReply): void {
    if (this.#phase !== 'disposed') this.#replies.push(once(() => reply));
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#phase !== 'disposed' && this.#sink.ready) {
        const reply = this.#next();
        if (!reply) break;
        this.#sink.send(reply);
      }
    } catch (error) {
      this.#hub.log.warn('a view cannot be written to', { error: TunnelError.from(error).code });
      this.dispose();
    } finally {
      this.#pumping = false;
    }
  }

  #next(): HubReply | undefined {
    try {
      return this.#replies.next() ?? this.#nextOwed() ?? this.#nextOfViewings();
    } catch (error) {
      // Reading failed, not this view: what was asked for is answered so, and is not tried again by itself.
      const { code, detail } = TunnelError.from(error);
      return { type: 'refused', error: code, ...(detail === undefined ? {} : { detail }) };
    }
  }

  #nextOwed(): HubReply | undefined {
    if (this.#owesOllama) {
      this.#owesOllama = false;
      return this.#hub.ollama();
    }
    if (!this.#owesConversations) return undefined;
    this.#owesConversations = false;
    return this.#hub.conversations(this.peer.owner);
  }

  #nextOfViewings(): HubReply | undefined {
    for (const [id, open] of [...this.#viewings]) {
      let reply: HubReply | undefined;
      try {
        reply = open.viewing.next();
      } catch (error) {
        this.#close(id);
        throw error;
      }
      if (!reply) continue;
      // To the end of the line, so that one busy conversation does not starve the others.
      this.#viewings.delete(id);
      this.#viewings.set(id, open);
      return reply;
    }
    return undefined;
  }
}
