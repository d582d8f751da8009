import { assertNever } from '../base/assertNever.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { mayRequest } from '../policy/chatPolicy.ts';
import {
  isMutating,
  type ChatReply,
  type ChatRequest,
  type ConversationRequest,
  type HubFeature,
  type HubReply,
  type ModelRequest,
  type MutatingRequest,
  type PromptRequest,
} from '../protocol/chat.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_OPEN_CONVERSATIONS } from '../protocol/limits.ts';
import { CHAT_VERSION, CHAT_VERSION_OLDEST } from '../protocol/versions.ts';
import type { ChatFileDesk } from './chatFileDesk.ts';
import type { ChatPeer, ChatSink, Followed } from './chatPeer.ts';
import type { LiveConversation } from './liveConversation.ts';
import { olderMessages } from './olderMessages.ts';
import type { OwnerId } from './ports.ts';
import { once, ReplyQueue } from './replyQueue.ts';
import { Viewings, type ViewingsSource } from './viewings.ts';

/** What a line asks of its hub. */
export interface HubServices extends ViewingsSource {
  readonly deviceName: string;
  /** What its `welcome` names. */
  readonly features: readonly HubFeature[];
  readonly log: Logger;
  follow(owner: OwnerId, conversationId: string): LiveConversation;
  /** Carries out a mutating request. `respond` is called once, before any viewer hears of it. */
  change(peer: ChatPeer, request: ConversationRequest, respond: (reply: ChatReply) => void): void;
  /** The same of one that changes models; the answer may take its time. */
  changeModels(peer: ChatPeer, request: ModelRequest, respond: (reply: ChatReply) => void): void;
  /** The same of one that changes a saved prompt. */
  changePrompts(peer: ChatPeer, request: PromptRequest, respond: (reply: ChatReply) => void): void;
  conversations(owner: OwnerId, before?: string): ChatReply;
  deleted(owner: OwnerId): ChatReply;
  found(owner: OwnerId, query: string): ChatReply;
  putImage(owner: OwnerId, request: Extract<ChatRequest, { type: 'putImage' }>): ChatReply;
  getImage(owner: OwnerId, request: Extract<ChatRequest, { type: 'getImage' }>): ChatReply;
  /** Chats as files, in parts. */
  readonly files: ChatFileDesk;
  /** Never throws: a failure is the reply. */
  models(peer: ChatPeer): Promise<ChatReply>;
  prompts(owner: OwnerId): ChatReply;
  ollama(): ChatReply;
  /** Asks Ollama what is in memory; the views that follow it hear of it. */
  refreshLoaded(): void;
  loaded(peer: ChatPeer): ChatReply;
  pulls(): ChatReply;
  readonly hasPulls: boolean;
  left(connection: HubConnection): void;
}

/** One chat line of one view. Replies are made when the view can take them, so a slow view costs positions, not text. */
export class HubConnection implements Disposable {
  readonly peer: ChatPeer;
  readonly #hub: HubServices;
  readonly #sink: ChatSink;
  #phase: 'new' | 'greeted' | 'refused' | 'disposed' = 'new';
  readonly #replies = new ReplyQueue();
  readonly #viewings: Viewings;
  /** What the view is told of on each change, and what of it it has not been told of yet. */
  readonly #follows = new Set<Followed>();
  readonly #owed = new Set<Followed>();
  /** The list of models; `outdated`: it has changed since Ollama was asked. */
  #models: 'unasked' | 'asking' | 'outdated' | 'asked' = 'unasked';
  #pumping = false;

  constructor(hub: HubServices, peer: ChatPeer, sink: ChatSink) {
    this.#hub = hub;
    this.peer = peer;
    this.#sink = sink;
    this.#viewings = new Viewings(hub, () => {
      this.#pump();
    });
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

  /** Something that views follow is not what it was. */
  changed(what: Followed): void {
    if (this.#follows.has(what)) this.#owed.add(what);
    this.#pump();
  }

  get followsLoaded(): boolean {
    return this.#follows.has('loaded');
  }

  /** There are other models than before. */
  modelsChanged(): void {
    if (this.#phase !== 'greeted' || this.#models === 'unasked') return;
    if (this.#models === 'asked') this.#listModels();
    else this.#models = 'outdated';
  }

  /** The view has left. Generations go on. */
  dispose(): void {
    if (this.#phase === 'disposed') return;
    this.#phase = 'disposed';
    this.#viewings.closeAll();
    this.#hub.left(this);
  }

  #greet(hello: Extract<ChatRequest, { type: 'hello' }>): void {
    if (hello.oldest > CHAT_VERSION || hello.version < CHAT_VERSION_OLDEST) {
      this.#phase = 'refused';
      this.#refuse(hello, 'chatVersion');
      return;
    }
    this.#phase = 'greeted';
    const { hubEpoch, deviceName, features } = this.#hub;
    const named = features.length === 0 ? {} : { features: [...features] };
    const version = Math.min(CHAT_VERSION, hello.version);
    this.#reply({ type: 'welcome', version, hubEpoch, deviceName, scope: this.peer.scope, ...named });
    this.#follow('ollama');
    if (!mayRequest(this.peer.scope, 'pullModel')) return;
    this.#follow('pulls');
    if (!this.#hub.hasPulls) this.#owed.delete('pulls');
  }

  #handle(request: Exclude<ChatRequest, { type: 'hello' }>): void {
    if (isMutating(request)) {
      this.#change(request);
      return;
    }
    switch (request.type) {
      case 'listConversations':
        if (request.before === undefined) this.#follow('conversations');
        else this.#replies.push(once(() => this.#hub.conversations(this.peer.owner, request.before)));
        return;
      case 'listModels':
        this.#listModels();
        return;
      case 'listLoaded':
        this.#follows.add('loaded');
        this.#hub.refreshLoaded();
        return;
      case 'listPrompts':
        this.#follow('prompts');
        return;
      case 'open':
        this.#open(request);
        return;
      case 'close':
        this.#viewings.close(request.conversationId);
        return;
      case 'page':
        this.#page(request.conversationId, request.before);
        return;
      case 'ack':
        this.#viewings.ack(request.conversationId, request.sequence);
        return;
      case 'listDeleted':
        this.#replies.push(once(() => this.#hub.deleted(this.peer.owner)));
        return;
      case 'search':
        this.#replies.push(once(() => this.#hub.found(this.peer.owner, request.query)));
        return;
      case 'putImage':
        this.#reply(this.#hub.putImage(this.peer.owner, request));
        return;
      case 'getImage':
        this.#replies.push(once(() => this.#hub.getImage(this.peer.owner, request)));
        return;
      case 'getChatFile':
        this.#replies.push(once(() => this.#hub.files.get(this.peer.owner, request)));
        return;
      case 'putChatFile':
        this.#hub.files.put(this.peer.owner, request, this.#answer);
        return;
      default:
        assertNever(request);
    }
  }

  #change(request: MutatingRequest): void {
    const respond = (reply: ChatReply): void => {
      this.#reply(reply);
    };
    if ('conversationId' in request) this.#hub.change(this.peer, request, respond);
    else if ('promptId' in request) this.#hub.changePrompts(this.peer, request, respond);
    else this.#hub.changeModels(this.peer, request, this.#answer);
  }

  /** An answer that may take its time. */
  readonly #answer = (reply: ChatReply): void => {
    this.#reply(reply);
    this.#pump();
  };

  #follow(what: Followed): void {
    this.#follows.add(what);
    this.#owed.add(what);
  }

  #listModels(): void {
    if (this.#models === 'asking' || this.#models === 'outdated') return;
    this.#models = 'asking';
    void this.#hub.models(this.peer).then((reply) => {
      const isOld = this.#models === 'outdated';
      this.#models = 'asked';
      if (isOld) this.#listModels();
      else this.#reply(reply);
      this.#pump();
    });
  }

  #open(request: Extract<ChatRequest, { type: 'open' }>): void {
    const { conversationId } = request;
    this.#viewings.close(conversationId);
    if (this.#viewings.size >= MAX_OPEN_CONVERSATIONS) this.#refuse(request, 'tooManyStreams', 'too many open conversations');
    else this.#viewings.add(this.#hub.follow(this.peer.owner, conversationId), request.since);
  }

  #page(conversationId: string, before: string): void {
    this.#replies.push(olderMessages(this.#hub, this.peer.owner, conversationId, before));
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
      return this.#replies.next() ?? this.#nextOwed() ?? this.#viewings.next();
    } catch (error) {
      // Reading failed, not this view: what was asked for is answered so, and is not tried again by itself.
      const { code, detail } = TunnelError.from(error);
      return { type: 'refused', error: code, ...(detail === undefined ? {} : { detail }) };
    }
  }

  #nextOwed(): HubReply | undefined {
    const [what] = this.#owed;
    if (what === undefined) return undefined;
    this.#owed.delete(what);
    switch (what) {
      case 'ollama':
        return this.#hub.ollama();
      case 'conversations':
        return this.#hub.conversations(this.peer.owner);
      case 'loaded':
        return this.#hub.loaded(this.peer);
      case 'pulls':
        return this.#hub.pulls();
      case 'prompts':
        return this.#hub.prompts(this.peer.owner);
      default:
        return assertNever(what);
    }
  }
}
