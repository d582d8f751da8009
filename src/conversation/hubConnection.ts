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
import { CHAT_VERSION, CHAT_VERSION_OLDEST, chatVersionFaults } from '../protocol/versions.ts';
import type { ChatFileDesk } from './chatFileDesk.ts';
import type { ChatPeer, ChatSink, Followed } from './chatPeer.ts';
import { followedReply, type FollowedSource } from './followedReply.ts';
import type { LiveConversation } from './liveConversation.ts';
import { ModelListing } from './modelListing.ts';
import { olderMessages } from './olderMessages.ts';
import { OnlookerFeed, type Onlooker } from './onlookers.ts';
import { isGuest, type OwnerId } from './ports.ts';
import { once, ReplyQueue } from './replyQueue.ts';
import { Viewings, type ViewingsSource } from './viewings.ts';

/** What a line asks of its hub. */
export interface HubServices extends ViewingsSource, FollowedSource {
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
  deleted(owner: OwnerId): ChatReply;
  found(owner: OwnerId, query: string): ChatReply;
  putImage(owner: OwnerId, request: Extract<ChatRequest, { type: 'putImage' }>): ChatReply;
  getImage(owner: OwnerId, request: Extract<ChatRequest, { type: 'getImage' }>): ChatReply;
  /** Chats as files, in parts. */
  readonly files: ChatFileDesk;
  /** Never throws: a failure is the reply. */
  models(peer: ChatPeer): Promise<ChatReply>;
  /** Asks Ollama what is in memory; the views that follow it hear of it. */
  refreshLoaded(): void;
  readonly hasPulls: boolean;
  left(connection: HubConnection): void;
  /** By what names others look at a conversation that this view has open. */
  othersLooking(view: HubConnection, conversationId: string): readonly string[];
  /** A view has opened or closed a conversation. */
  lookersChanged(owner: OwnerId): void;
}

/** One chat line of one view. Replies are made when the view can take them, so a slow view costs positions, not text. */
export class HubConnection implements Onlooker, Disposable {
  readonly peer: ChatPeer;
  readonly #hub: HubServices;
  readonly #sink: ChatSink;
  /** Which of the two is older, once the view was refused for that. */
  #versionFault: string | undefined;
  #phase: 'new' | 'greeted' | 'refused' | 'disposed' = 'new';
  readonly #replies = new ReplyQueue();
  readonly #viewings: Viewings;
  /** What the view is told of on each change, and what of it it has not been told of yet. */
  readonly #follows = new Set<Followed>();
  readonly #owed = new Set<Followed>();
  readonly #models: ModelListing;
  readonly #onlookers: OnlookerFeed;
  #pumping = false;

  constructor(hub: HubServices, peer: ChatPeer, sink: ChatSink) {
    this.#hub = hub;
    this.peer = peer;
    this.#sink = sink;
    this.#viewings = new Viewings(hub, () => {
      this.#pump();
    });
    this.#models = new ModelListing(() => hub.models(peer), this.#answer);
    this.#onlookers = new OnlookerFeed((conversationId) => hub.othersLooking(this, conversationId));
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
      this.#refuse(request, this.#versionFault === undefined ? 'badMessage' : 'chatVersion', this.#versionFault ?? 'hello comes first');
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
    if (this.#phase === 'greeted') this.#models.changed();
  }

  isLookingAt(conversationId: string): boolean {
    return this.#viewings.open.includes(conversationId);
  }

  /** Somebody else has come to a conversation, or gone. */
  lookersChanged(): void {
    this.#onlookers.changed();
    this.#pump();
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
      this.#versionFault = hello.oldest > CHAT_VERSION ? chatVersionFaults.hubOlder : chatVersionFaults.viewOlder;
      this.#refuse(hello, 'chatVersion', this.#versionFault);
      return;
    }
    this.#phase = 'greeted';
    const { hubEpoch, deviceName, features } = this.#hub;
    const named = features.length === 0 ? {} : { features: [...features] };
    const version = Math.min(CHAT_VERSION, hello.version);
    const { owner, scope, maxContextLength } = this.peer;
    const bounds = maxContextLength === undefined ? {} : { maxContextLength };
    this.#reply({ type: 'welcome', version, hubEpoch, deviceName, scope, ...(isGuest(owner) && { guest: true }), ...bounds, ...named });
    if (hello.wants?.includes('viewers') === true) this.#onlookers.begin();
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
        this.#models.list();
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
        this.#hub.lookersChanged(this.peer.owner);
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

  #open(request: Extract<ChatRequest, { type: 'open' }>): void {
    const { conversationId } = request;
    this.#viewings.close(conversationId);
    if (this.#viewings.size >= MAX_OPEN_CONVERSATIONS) this.#refuse(request, 'tooManyStreams', 'too many open conversations');
    else this.#viewings.add(this.#hub.follow(this.peer.owner, conversationId), request.since);
    this.#onlookers.forget(conversationId);
    this.#hub.lookersChanged(this.peer.owner);
  }

  #page(conversationId: string, before: string): void {
    this.#replies.push(olderMessages(this.#hub, this.peer.owner, conversationId, before));
  }

  #refuse(request: ChatRequest, error: ErrorCode, detail?: string): void {
    const requestId = isMutating(request) ? { requestId: request.requestId } : {};
    this.peer.onOutcome?.(request, error);
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
      return this.#replies.next() ?? this.#nextOwed() ?? this.#onlookers.next(this.#viewings) ?? this.#viewings.next();
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
    return followedReply(this.#hub, this.peer, what);
  }
}
