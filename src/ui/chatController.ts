import { toBase64url } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import { helloRequest } from '../protocol/chat.ts';
import type { ChatCapabilities, ChatPort } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { Attachment } from './attachments.ts';
import { emptyModel, type ChatModel } from './chatModel.ts';
import { ChatImages } from './chatImages.ts';
import { DrawnMark } from './drawnMark.ts';
import type { ModelAsk } from './modelWork.ts';
import { reduceChat, type ChatAction } from './reduceChat.ts';
import { markedTemporary } from './temporaryChat.ts';
import { isWorthKeeping, readViewState, restoredModel, viewStateOf, type ViewStorage } from './viewStorage.ts';

export interface ChatControllerOptions {
  readonly port: ChatPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: ViewStorage;
  /** Opened when the view remembers none of its own. */
  readonly conversationId?: string;
  /** What the computer is called, before it says so itself. */
  readonly deviceName?: string | undefined;
}

/** How long typing may rest before the draft is kept, ms. */
const SAVE_AFTER_MS = 250;
/** How long typing may rest before it is searched for, ms. */
const SEARCH_AFTER_MS = 150;
const ID_BYTES = 16;

/** Joins one {@link ChatPort} with the model of one view. Views draw {@link model}, call the verbs, and say {@link drawn} after a paint. */
export class ChatController implements Disposable {
  readonly port: ChatPort;
  readonly capabilities: ChatCapabilities;
  readonly clock: Clock;
  readonly images: ChatImages;
  #model: ChatModel;
  readonly #random: Random;
  readonly #storage: ViewStorage;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<ChatModel>());
  #saving: Disposable | undefined;
  #searching: Disposable | undefined;
  readonly #drawn = new DrawnMark();

  constructor(options: ChatControllerOptions) {
    this.port = options.port;
    this.capabilities = options.port.capabilities;
    this.clock = options.clock;
    this.#random = options.random;
    this.#storage = options.storage;
    const kept = readViewState(options.storage.load());
    this.#model = {
      ...emptyModel(kept.conversationId ?? options.conversationId ?? this.#newId(), options.port.status, kept.temporary),
      ...restoredModel(kept),
      deviceName: options.deviceName,
    };
    const means = { send: this.#post.bind(this), dispatch: this.#dispatch.bind(this) };
    this.images = this.#store.add(new ChatImages({ ...means, model: () => this.#model, newId: () => this.#newId() }));
    this.#store.add(
      options.port.onReply((reply) => {
        this.#dispatch({ type: 'reply', reply, now: this.clock.now() });
        this.images.hear(reply);
      }),
    );
    this.#store.add(
      options.port.onDidChangeStatus((status) => {
        this.#dispatch({ type: 'status', status });
      }),
    );
  }

  get model(): ChatModel {
    return this.#model;
  }

  get onDidChange(): Event<ChatModel> {
    return this.#changed.event;
  }

  /** Says hello and asks for what a view needs first. */
  start(): void {
    this.port.send(helloRequest);
    const { conversation, stopping } = this.#model;
    this.port.send({ type: 'open', conversationId: conversation.id });
    if (stopping) this.port.send({ type: 'stop', conversationId: conversation.id, ...stopping });
    this.port.send({ type: 'listModels' });
    this.port.send({ type: 'listConversations' });
  }

  /** Sends the draft. @returns whether there was something to send and a way to */
  send(): boolean {
    const before = this.#model.pending;
    this.#dispatch({ type: 'send', requestId: this.#newId() });
    return this.#model.pending !== before;
  }

  stop(): void {
    this.#dispatch({ type: 'stop', requestId: this.#newId() });
  }

  setDraft(text: string): void {
    this.#dispatch({ type: 'draft', text });
  }

  chooseModel(model: string): void {
    this.#dispatch({ type: 'chooseModel', model });
  }

  open(conversationId: string): void {
    this.#dispatch({ type: 'open', conversationId });
  }

  /** Carries out an action, with new ids for what it makes and asks. */
  act(make: (newId: () => string) => ChatAction): void {
    this.#dispatch(make(() => this.#newId()));
  }

  /** Goes to an empty conversation, a temporary one if so; one that is shown and empty already stays. */
  newChat(temporary = false): void {
    const { conversation, pending } = this.#model;
    const isSuch = (conversation.temporary ?? false) === temporary;
    const empty = isSuch && conversation.phase === 'ready' && conversation.messages.length === 0;
    if (empty && !pending.some(({ conversationId }) => conversationId === conversation.id)) return;
    this.#dispatch({ type: 'open', conversationId: this.#newId(), temporary });
  }

  /** Asks the question of an answer once more; the new answer stands beside the old one. */
  regenerate(answerId: string): void {
    this.#dispatch({ type: 'regenerate', requestId: this.#newId(), answerId });
  }

  /** Begins to edit a question in its place; without one, leaves that again. What was typed is kept. */
  edit(questionId: string | undefined): void {
    this.#dispatch({ type: 'editing', questionId });
  }

  setEditDraft(questionId: string, text: string): void {
    this.#dispatch({ type: 'editDraft', questionId, text });
  }

  /** Asks the edited question in the place of the old one. */
  sendEdit(questionId: string): void {
    this.#dispatch({ type: 'edit', requestId: this.#newId(), questionId });
  }

  /** Shows the branch that a message is on. */
  choose(messageId: string): void {
    this.#dispatch({ type: 'choose', requestId: this.#newId(), messageId });
  }

  /** A queued question goes although the answer before it broke off. */
  sendNow(requestId: string): void {
    this.#dispatch({ type: 'sendNow', requestId });
  }

  attach(items: readonly Attachment[]): void {
    this.#dispatch({ type: 'attach', items });
  }

  detach(index: number): void {
    this.#dispatch({ type: 'detach', index });
  }

  rename(conversationId: string, title: string): void {
    this.#dispatch({ type: 'rename', requestId: this.#newId(), conversationId, title });
  }

  /** Into the bin; the chat that is shown gives way to an empty one. */
  delete(conversationId: string): void {
    this.#dispatch({ type: 'delete', requestId: this.#newId(), conversationId });
    if (this.#model.conversation.id === conversationId) this.open(this.#newId());
  }

  restore(conversationId: string): void {
    this.#dispatch({ type: 'restore', requestId: this.#newId(), conversationId });
  }

  forgetUndo(): void {
    this.#dispatch({ type: 'forgetUndo' });
  }

  showBin(isOpen: boolean): void {
    this.#dispatch({ type: 'bin', isOpen });
  }

  /** Looks for words once typing rests a moment; none ends the search at once. */
  search(query: string): void {
    if (this.#searching) this.#store.delete(this.#searching);
    const begin = (): void => {
      this.#searching = undefined;
      this.#dispatch({ type: 'search', query });
    };
    if (query.trim() === '') begin();
    else this.#searching = this.#store.add(this.clock.after(SEARCH_AFTER_MS, begin));
  }

  /** Opens the conversation of a message and goes to it, on whatever page and branch it is. */
  goTo(conversationId: string, messageId: string): void {
    this.open(conversationId);
    this.#dispatch({ type: 'goal', requestId: this.#newId(), conversationId, messageId });
  }

  /** The message that was to be shown is on the screen. */
  arrived(): void {
    this.#dispatch({ type: 'arrived' });
  }

  loadOlder(): void {
    this.#dispatch({ type: 'older' });
  }

  loadOlderChats(): void {
    this.#dispatch({ type: 'olderChats' });
  }

  /** A refusal has been read; with `edit` its text goes back into the composer. */
  dismiss(requestId?: string, edit = false): void {
    this.#dispatch({ type: 'dismiss', ...(requestId === undefined ? {} : { requestId }), edit });
  }

  setOnline(online: boolean): void {
    this.#dispatch({ type: 'online', online });
  }

  /** Asks for the models again; the device looks at Ollama anew for it. */
  checkOllama(): void {
    this.port.send({ type: 'listModels' });
  }

  /** Follows models, downloads, unloads or deletes one. */
  askModels(ask: ModelAsk): void {
    this.#dispatch({ type: 'models', requestId: this.#newId(), ask });
  }

  /** `model` has been painted: the hub may send on. */
  drawn(model: ChatModel): void {
    const ack = this.#drawn.advance(model);
    if (ack) this.port.send(ack);
  }

  /** Keeps what has been typed now, for a page that may be about to go. */
  keep(): void {
    if (this.#saving) this.#save();
  }

  dispose(): void {
    this.keep();
    this.#store.dispose();
  }

  #dispatch(action: ChatAction): void {
    const { model, requests } = reduceChat(this.#model, action);
    if (action.type === 'reply' && action.reply.type === 'snapshot') this.#drawn.reset();
    const before = this.#model;
    this.#model = model;
    for (const request of requests) this.#post(markedTemporary(model, request));
    if (this.#model === before) return;
    this.#keep(before);
    this.#changed.fire(this.#model);
  }

  #post(request: Parameters<ChatPort['send']>[0]): void {
    try {
      this.port.send(request);
    } catch (error) {
      const { code, detail } = TunnelError.from(error);
      const requestId = 'requestId' in request ? { requestId: request.requestId } : {};
      const reply = { type: 'refused', error: code, ...requestId, ...(detail === undefined ? {} : { detail }) } as const;
      this.#model = reduceChat(this.#model, { type: 'reply', reply, now: this.clock.now() }).model;
    }
  }

  #keep(before: ChatModel): void {
    const after = this.#model;
    if (isWorthKeeping(before, after)) this.#save();
    else if (after.drafts !== before.drafts)
      this.#saving ??= this.#store.add(
        this.clock.after(SAVE_AFTER_MS, () => {
          this.#save();
        }),
      );
  }

  #save(): void {
    if (this.#saving) this.#store.delete(this.#saving);
    this.#saving = undefined;
    this.#storage.save(viewStateOf(this.#model));
  }

  #newId(): string {
    return toBase64url(this.#random.bytes(ID_BYTES));
  }
}
