import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ChatReply, ConversationRequest, HubFeature, ImageRequest, ModelRequest, PromptRequest } from '../protocol/chat.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import { ChatFileDesk } from './chatFileDesk.ts';
import { ChatStores } from './chatStores.ts';
import { ChatTransfer } from './chatTransfer.ts';
import { ConversationShelf } from './conversationShelf.ts';
import { heardBy, type ChatPeer, type ChatSink, type Followed } from './chatPeer.ts';
import { HubConnection, type HubServices } from './hubConnection.ts';
import { imagePart, ImageUploads } from './imageUploads.ts';
import { newId } from './ids.ts';
import { conversationsReply, deletedReply, foundReply, ModelLists } from './lists.ts';
import type { LiveConversation } from './liveConversation.ts';
import { othersLooking } from './onlookers.ts';
import { OwnerChanges } from './ownerChanges.ts';
import { ModelDesk } from './modelDesk.ts';
import type { ConversationStore, ModelClient, OwnerId } from './ports.ts';
import type { PullNotes } from './pulls.ts';
import { retireChats } from './retireChats.ts';
import { SavedPrompts } from './savedPrompts.ts';
import { Turns } from './turns.ts';

export interface HubOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ConversationStore;
  /** Another process writes the store: answers that run there are not this hub’s to end, and nobody may change anything here. */
  readonly readsOnly?: true;
  /** Makes a store that writes nothing down, for a temporary chat; without it there are none. */
  readonly makeTemporaryStore?: (() => ConversationStore) | undefined;
  readonly models: ModelClient;
  readonly deviceName: string;
  readonly log: Logger;
  /** How a chat of the machine’s owner is asked where it says nothing itself; read for each answer. Default: as Ollama likes. */
  readonly defaults?: (() => ChatSettings) | undefined;
  /** The model that a new chat of theirs begins with, or empty. */
  readonly defaultModel?: (() => string) | undefined;
  /** See {@link PullNotes}. */
  readonly pullNotes?: PullNotes | undefined;
  /** The model has written one more token. */
  readonly onToken?: () => void;
}

/** Messages read from the store at once while a reply is filled. */
const READ_AHEAD = 16;

/** The only writer of conversations. It outlives its views: who leaves stops nothing. Store and models belong to whoever made them. */
export class Hub implements HubServices, Disposable {
  /** Names this run: positions of another run mean nothing here. */
  readonly hubEpoch: string;
  readonly deviceName: string;
  readonly log: Logger;
  /** Export and import. */
  readonly transfer: ChatTransfer;
  readonly files: ChatFileDesk;
  readonly #options: HubOptions;
  readonly #owned = new DisposableStore();
  readonly #runningChanged = this.#owned.add(new Emitter<number>());
  readonly #connections = new Set<HubConnection>();
  readonly #shelf = new ConversationShelf();
  readonly #stores: ChatStores;
  readonly #uploads = new ImageUploads();
  readonly #turns: Turns;
  readonly #lists: ModelLists;
  readonly #desk: ModelDesk;
  readonly #prompts: SavedPrompts;
  readonly #changes: OwnerChanges;

  /** @throws TunnelError `storeFailed` */
  constructor(options: HubOptions) {
    const { clock, random, store, models, log } = options;
    this.#options = options;
    this.hubEpoch = newId(random);
    this.deviceName = options.deviceName;
    this.log = log;
    const interrupted = options.readsOnly ? 0 : store.interruptRunning();
    if (interrupted > 0) log.info('answers of an earlier run were interrupted', { count: interrupted });
    this.#changes = new OwnerChanges(clock, (owner) => {
      this.#tell('conversations', owner);
    });
    this.#stores = this.#owned.add(
      new ChatStores({
        clock,
        kept: store,
        makeTemporary: options.makeTemporaryStore,
        isInUse: (owner, id) => this.#shelf.find(owner, id)?.isIdle === false,
        onDidForget: (owner, id) => {
          this.#shelf.find(owner, id)?.forget();
        },
      }),
    );
    this.transfer = new ChatTransfer({ clock, random, store: this.#stores, onDidAdd: this.#changes.note });
    this.files = new ChatFileDesk(this.transfer);
    this.#lists = new ModelLists(models, store, options.defaultModel);
    this.#prompts = new SavedPrompts({ store, log, onDidChange: this.#tell.bind(this, 'prompts') });
    this.#turns = new Turns({
      clock,
      random,
      store: this.#stores,
      beginTemporary: this.#stores.begin.bind(this.#stores),
      models,
      log,
      shelf: this.#shelf,
      defaults: options.defaults,
      isCloudModel: (name) => this.#lists.isCloudModel(name),
      canThink: (name) => this.#lists.canThink(name),
      canSee: (name) => this.#lists.canSee(name),
      uploads: this.#uploads,
      onDidChangeConversations: this.#changes.note,
      onDidChangeRunning: () => {
        this.#runningChanged.fire(this.runningGenerations);
        this.#desk.noteChange();
      },
      onBegin: () => {
        this.#desk.noteChange();
      },
      onToken: () => options.onToken?.(),
    });
    this.#desk = this.#owned.add(
      new ModelDesk({
        clock,
        models,
        log,
        isCloudModel: (name) => this.#lists.isCloudModel(name),
        isWatched: () => [...this.#connections].some((connection) => connection.followsLoaded),
        onDidChangePulls: this.#tell.bind(this, 'pulls'),
        onDidChangeLoaded: this.#tell.bind(this, 'loaded'),
        onDidChangeModels: this.modelsChanged,
        pullNotes: options.pullNotes,
      }),
    );
    this.#owned.add(
      models.onDidChangeStatus(() => {
        this.#tell('ollama');
        this.#desk.statusChanged();
      }),
    );
  }

  /** There are other models than before, or another is to begin with: tells the views that have asked. */
  readonly modelsChanged = (): void => {
    for (const connection of [...this.#connections]) connection.modelsChanged();
  };

  /** See {@link retireChats}. @param before wall clock, ms. @throws TunnelError `storeFailed` */
  retire(before: number): boolean {
    return retireChats({ store: this.#stores, shelf: this.#shelf, onDidChange: this.#changes.note }, before);
  }

  get runningGenerations(): number {
    return this.#turns.running.size;
  }

  /** Of those, what a client from elsewhere has asked for. */
  generationsOf(clientId: string): number {
    return this.#turns.running.of(clientId);
  }

  /** Fires with {@link runningGenerations} when a generation begins or ends. */
  get onDidChangeRunning(): Event<number> {
    return this.#runningChanged.event;
  }

  /** A new chat line. Its replies go to `sink` while that is ready. */
  connect(peer: ChatPeer, sink: ChatSink): HubConnection {
    const connection = new HubConnection(this, peer, sink);
    if (this.#owned.isDisposed) connection.dispose();
    else this.#connections.add(connection);
    return connection;
  }

  /** Interrupts what runs, says so to every view, and leaves them. */
  dispose(): void {
    if (this.#owned.isDisposed) return;
    this.#turns.dispose();
    for (const connection of [...this.#connections]) connection.dispose();
    this.#owned.dispose();
  }

  follow(owner: OwnerId, conversationId: string): LiveConversation {
    return this.#shelf.take(owner, conversationId);
  }

  unfollow(conversation: LiveConversation): void {
    this.#shelf.release(conversation);
  }

  left(connection: HubConnection): void {
    this.#connections.delete(connection);
    const { owner } = connection.peer;
    if (![...this.#connections].some(({ peer }) => peer.owner === owner)) this.files.forget(owner);
    this.lookersChanged(owner);
  }

  othersLooking(view: HubConnection, conversationId: string): readonly string[] {
    return othersLooking(this.#connections, view, conversationId);
  }

  /** Of one owner, or of all when nobody knows whose. */
  readonly lookersChanged = (owner?: OwnerId): void => {
    for (const one of this.#connections) if (owner === undefined || one.peer.owner === owner) one.lookersChanged();
  };

  title({ owner, id }: LiveConversation): string {
    return this.#stores.conversation(owner, id)?.title ?? '';
  }

  settings({ owner, id }: LiveConversation): ChatSettings {
    return this.#stores.settings(owner, id);
  }

  isTemporary({ owner, id }: LiveConversation): boolean {
    return this.#stores.isTemporary(owner, id);
  }

  get features(): readonly HubFeature[] {
    return this.#options.makeTemporaryStore ? ['temporaryChats', 'images', 'files'] : ['images', 'files'];
  }

  putImage(owner: OwnerId, { image, offset, data }: Extract<ImageRequest, { type: 'putImage' }>): ChatReply {
    return { type: 'imageHeld', imageId: image.id, ...this.#uploads.put(owner, image, offset, data) };
  }

  /** Of a conversation, or of what has been put and goes with no question yet. */
  getImage(owner: OwnerId, { conversationId, imageId, offset }: Extract<ImageRequest, { type: 'getImage' }>): ChatReply {
    const data = this.#stores.image(owner, conversationId, imageId) ?? this.#uploads.find(owner, imageId)?.data ?? '';
    return imagePart(imageId, data, offset);
  }

  *newestFirst(conversation: LiveConversation, before?: string): Iterable<ChatMessage> {
    const { owner, id } = conversation;
    for (let end = before, more = true; more;) {
      const page = this.#stores.messages(owner, id, { limit: READ_AHEAD, ...(end === undefined ? {} : { before: end }) });
      for (const message of page.messages.toReversed()) yield conversation.current(message);
      end = page.messages[0]?.id;
      more = page.more && end !== undefined;
    }
  }

  change(peer: ChatPeer, request: ConversationRequest, respond: (reply: ChatReply) => void): void {
    this.#turns.change(peer, request, heardBy(peer, request, respond));
  }

  changeModels(peer: ChatPeer, request: ModelRequest, respond: (reply: ChatReply) => void): void {
    this.#desk.change(peer, request, heardBy(peer, request, respond));
  }

  changePrompts(peer: ChatPeer, request: PromptRequest, respond: (reply: ChatReply) => void): void {
    this.#prompts.change(peer, request, heardBy(peer, request, respond));
  }

  prompts(owner: OwnerId): ChatReply {
    return this.#prompts.list(owner);
  }

  refreshLoaded(): void {
    this.#desk.refresh();
  }

  loaded(peer: ChatPeer): ChatReply {
    return this.#desk.loaded(peer);
  }

  pulls(): ChatReply {
    return this.#desk.pulls();
  }

  get hasPulls(): boolean {
    return this.#desk.hasPulls;
  }

  conversations(owner: OwnerId, before?: string): ChatReply {
    return conversationsReply(this.#options.store, owner, before);
  }

  deleted(owner: OwnerId): ChatReply {
    return deletedReply(this.#options.store, owner);
  }

  found(owner: OwnerId, query: string): ChatReply {
    return foundReply(this.#options.store, owner, query);
  }

  models(peer: ChatPeer): Promise<ChatReply> {
    return this.#lists.models(peer);
  }

  ollama(): ChatReply {
    return { type: 'ollama', status: this.#options.models.status };
  }

  #tell(what: Followed, owner?: OwnerId): void {
    for (const one of [...this.#connections]) if (owner === undefined || one.peer.owner === owner) one.changed(what);
  }
}
