import { Emitter } from '../../../src/base/emitter.ts';
import {
  hubFeatures,
  type ChatReply,
  type ChatRequest,
  type ConversationEvent,
  type ConversationSummary,
} from '../../../src/protocol/chat.ts';
import type { AnswerStats, ChatMessage } from '../../../src/protocol/chatMessage.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../../../src/protocol/chatPort.ts';
import type { ErrorCode } from '../../../src/protocol/errors.ts';
import type { ChatSettings } from '../../../src/protocol/chatSettings.ts';
import { ChatFileDesk } from '../../../src/conversation/chatFileDesk.ts';
import { imagePart, ImageUploads } from '../../../src/conversation/imageUploads.ts';
import { demoFiles } from './demoFiles.ts';
import { DemoModelDesk } from './demoModelDesk.ts';
import { choose, fork, type DemoFork } from './demoForks.ts';
import { DemoPrompts } from './demoPrompts.ts';
import { searchIn } from './demoSearch.ts';

export interface DemoChat {
  title: string;
  updatedAt: number;
  messages: ChatMessage[];
  sequence: number;
  forks?: DemoFork[];
  settings?: ChatSettings;
}

export const demoIdOf = (name: string): string => name.padEnd(22, '0').slice(0, 22);
export const demoEpoch = demoIdOf('epoch');

/** A hub in the page's memory that answers only when the test says what. */
export class DemoPort implements ChatPort {
  readonly capabilities: ChatCapabilities;
  readonly sent: ChatRequest[] = [];
  readonly chats: Map<string, DemoChat>;
  readonly temporary = new Set<string>();
  readonly uploads = new ImageUploads();
  /** Base64 text of those that went with a question, by id. */
  images: Record<string, string> = {};
  readonly bin = new Map<string, DemoChat>();
  readonly files: ChatFileDesk;
  readonly prompts = new DemoPrompts();
  readonly desk = new DemoModelDesk((reply) => {
    this.reply(reply);
  });
  scope: Extract<ChatReply, { type: 'welcome' }>['scope'] = 'chat';
  /** Of another person than the computer's owner. */
  guest = false;
  status: ChatPortStatus = { state: 'connected' };
  refuseNext: ErrorCode | undefined;
  deviceName = 'Desk';
  #ollama: Extract<ChatReply, { type: 'ollama' }>['status'];
  readonly #replies = new Emitter<ChatReply>();
  readonly #statuses = new Emitter<ChatPortStatus>();
  #opened = '';
  #turns = 0;

  constructor(chats: Map<string, DemoChat>, capabilities: ChatCapabilities, ollama: Extract<ChatReply, { type: 'ollama' }>['status']) {
    this.chats = chats;
    this.files = new ChatFileDesk(demoFiles(chats));
    this.capabilities = capabilities;
    this.#ollama = ollama;
  }

  readonly onReply = this.#replies.event;
  readonly onDidChangeStatus = this.#statuses.event;

  send(request: ChatRequest): void {
    this.sent.push(request);
    if (this.status.state !== 'connected') return; // what is said into a line that is down is lost
    // As on a real line the answer comes in a turn of its own.
    queueMicrotask(() => {
      this.#answer(request);
    });
  }

  setStatus(status: ChatPortStatus): void {
    this.status = status;
    this.#statuses.fire(status);
  }

  reply(reply: ChatReply): void {
    this.#replies.fire(reply);
  }

  setOllama(status: Extract<ChatReply, { type: 'ollama' }>['status']): void {
    this.#ollama = status;
    this.reply({ type: 'ollama', status });
  }

  /** The model is being read into memory. */
  loading(): void {
    this.#change({ state: 'loading' });
    this.#event({ type: 'answerState', answerId: this.#running.id, state: 'loading' });
  }

  /** The next piece of the answer under way. */
  thought(text: string): void {
    const { id, thinking = '' } = this.#running;
    this.#change({ thinking: thinking + text, thinkingMs: 1000 });
    this.#event({ type: 'thought', answerId: id, offset: thinking.length, text, ms: 1000 });
  }

  chunk(text: string, isComplete = false): void {
    const answer = this.#running;
    const sequence = answer.nextSequence ?? 0;
    this.#change({ text: answer.text + text, nextSequence: sequence + 1, state: 'streaming' });
    const message = { id: answer.id, conversationId: this.#opened, chunk: text, isComplete, sequence, timestamp: Date.now() };
    this.#event({ type: 'chunk', message });
  }

  finish(stats?: Partial<AnswerStats>): void {
    const { id } = this.#running;
    this.chunk('', true);
    const whole = {
      totalMs: 7000,
      loadMs: 400,
      promptTokens: 31,
      promptMs: 210,
      answerTokens: 318,
      answerMs: 6400,
      reason: 'stop',
      ...stats,
    };
    this.#change({ state: 'done', stats: whole });
    this.#event({ type: 'answerState', answerId: id, state: 'done', stats: whole });
  }

  end(state: 'stopped' | 'interrupted' | 'error', error?: ErrorCode): void {
    const { id } = this.#running;
    const why = error === undefined ? {} : { error };
    this.#change({ state, ...why });
    this.#event({ type: 'answerState', answerId: id, state, ...why });
  }

  /** Whoever it was, in this view or another: the chat that is open is asked so from now on. */
  configure(settings: ChatSettings): void {
    const chat = this.chats.get(this.#opened) ?? { title: '', updatedAt: Date.now(), messages: [], sequence: 0 };
    this.chats.set(this.#opened, { ...chat, settings });
    this.#event({ type: 'settings', settings });
  }

  dispose(): void {
    this.#replies.dispose();
    this.#statuses.dispose();
  }

  #answer(request: ChatRequest): void {
    if (this.prompts.isAbout(request)) for (const reply of this.prompts.answer(request)) this.reply(reply);
    switch (request.type) {
      case 'hello':
        this.reply({
          type: 'welcome',
          version: 1,
          hubEpoch: demoEpoch,
          deviceName: this.deviceName,
          scope: this.scope,
          ...(this.guest ? { guest: true } : {}),
          features: [...hubFeatures],
        });
        this.reply({ type: 'ollama', status: this.#ollama });
        this.desk.greet();
        return;
      case 'listConversations':
        this.#list();
        return;
      case 'open':
        this.#opened = request.conversationId;
        this.#snapshot(request.conversationId);
        return;
      case 'send':
        this.#turn(request);
        return;
      case 'stop':
        this.reply({ type: 'accepted', requestId: request.requestId });
        return;
      case 'page':
        this.#page(request.conversationId, request.before);
        return;
      case 'regenerate':
      case 'edit':
        this.#branch(request);
        return;
      case 'choose': {
        const { messages = [], forks = [] } = this.chats.get(request.conversationId) ?? {};
        choose(messages, forks, request.messageId);
        this.reply({ type: 'accepted', requestId: request.requestId });
        this.#snapshot(request.conversationId);
        return;
      }
      case 'continue':
        this.#change({ state: 'waiting' });
        this.reply({ type: 'accepted', requestId: request.requestId, answerId: request.answerId });
        this.#snapshot(request.conversationId);
        return;
      case 'configure':
        this.reply({ type: 'accepted', requestId: request.requestId });
        this.configure(request.settings);
        return;
      case 'rename': {
        const chat = this.chats.get(request.conversationId);
        if (chat) chat.title = request.title;
        this.#arranged(request.requestId);
        return;
      }
      case 'deleteConversation':
        this.#move(request.conversationId, this.chats, this.bin);
        this.#arranged(request.requestId);
        return;
      case 'restoreConversation':
        this.#move(request.conversationId, this.bin, this.chats);
        this.#arranged(request.requestId);
        return;
      case 'listDeleted':
        this.reply({ type: 'deleted', items: this.#summaries(this.bin) });
        return;
      case 'search':
        this.reply({ type: 'found', query: request.query, items: searchIn(this.chats, request.query) });
        return;
      case 'putImage':
        this.reply({ type: 'imageHeld', imageId: request.image.id, ...this.uploads.put('', request.image, request.offset, request.data) });
        return;
      case 'getImage': {
        const data = this.uploads.find('', request.imageId)?.data ?? this.images[request.imageId] ?? '';
        this.reply(imagePart(request.imageId, data, request.offset));
        return;
      }
      case 'getChatFile':
        this.reply(this.files.get('', request));
        return;
      case 'putChatFile':
        this.files.put('', request, (reply) => {
          this.reply(reply);
        });
        return;
      default:
        this.desk.answer(request);
    }
  }

  #arranged(requestId: string): void {
    this.reply({ type: 'accepted', requestId });
    this.#list();
  }

  #move(id: string, from: Map<string, DemoChat>, to: Map<string, DemoChat>): void {
    const chat = from.get(id);
    if (!chat) return;
    from.delete(id);
    to.set(id, chat);
  }

  #branch(request: Extract<ChatRequest, { type: 'regenerate' | 'edit' }>): void {
    if (this.refuseNext !== undefined) {
      this.reply({ type: 'refused', requestId: request.requestId, error: this.refuseNext });
      this.refuseNext = undefined;
      return;
    }
    const { requestId, conversationId, model } = request;
    const chat = this.chats.get(conversationId);
    if (!chat) return;
    this.#turns += 1;
    const createdAt = Date.now();
    const name = `${String(this.#turns)}b${String(createdAt)}`;
    const answer: ChatMessage = {
      id: demoIdOf(`a${name}`),
      role: 'assistant',
      text: '',
      createdAt,
      model,
      state: 'waiting',
      nextSequence: 0,
    };
    const question: ChatMessage[] =
      request.type === 'edit' ? [{ id: demoIdOf(`q${name}`), role: 'user', text: request.text, createdAt }] : [];
    const index = chat.messages.findIndex(({ id }) => id === (request.type === 'edit' ? request.questionId : request.answerId));
    fork(chat.messages, (chat.forks ??= []), index, [...question, answer]);
    this.reply({ type: 'accepted', requestId, answerId: answer.id });
    this.#snapshot(conversationId);
  }

  #list(): void {
    this.reply({ type: 'conversations', items: this.#summaries(this.chats) });
  }

  #summaries(chats: ReadonlyMap<string, DemoChat>): ConversationSummary[] {
    const items = [...chats].map(([id, { title, updatedAt, messages }]) => {
      const running = messages.at(-1)?.state === 'streaming';
      return { id, title, createdAt: updatedAt, updatedAt, running };
    });
    return items.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  #snapshot(conversationId: string): void {
    const { title, messages, sequence, settings } = this.chats.get(conversationId) ?? { title: '', messages: [], sequence: 0 };
    const shown = messages.slice(-PAGE);
    this.reply({
      type: 'snapshot',
      conversationId,
      hubEpoch: demoEpoch,
      sequence,
      title,
      messages: shown,
      more: shown.length < messages.length,
      ...(settings ? { settings } : {}),
      ...(this.temporary.has(conversationId) ? { temporary: true } : {}),
    });
  }

  #page(conversationId: string, before: string): void {
    const messages = this.chats.get(conversationId)?.messages ?? [];
    const end = messages.findIndex(({ id }) => id === before);
    const start = Math.max(0, end - PAGE);
    this.reply({ type: 'page', conversationId, messages: messages.slice(start, end), more: start > 0 });
  }

  #turn({ requestId, conversationId, text, model, images = [], temporary }: Extract<ChatRequest, { type: 'send' }>): void {
    if (this.refuseNext !== undefined) {
      this.reply({ type: 'refused', requestId, error: this.refuseNext });
      this.refuseNext = undefined;
      return;
    }
    const now = Date.now();
    const chat = this.chats.get(conversationId) ?? { title: text.slice(0, 60), updatedAt: now, messages: [], sequence: 0 };
    this.chats.set(conversationId, chat);
    this.#turns += 1;
    const [questionId, answerId] = [demoIdOf(`q${String(this.#turns)}x${String(now)}`), demoIdOf(`a${String(this.#turns)}x${String(now)}`)];
    const found = images.map((imageId) => this.uploads.find('', imageId)).filter((image) => image !== undefined);
    for (const { info, data } of found) this.images[info.id] = data;
    const withImages = found.length === 0 ? {} : { images: found.map(({ info }) => info) };
    if (temporary) this.temporary.add(conversationId);
    const question: ChatMessage = { id: questionId, role: 'user', text, createdAt: now, ...withImages };
    const answer: ChatMessage = { id: answerId, role: 'assistant', text: '', createdAt: now, model, state: 'waiting', nextSequence: 0 };
    const standIn = this.#ollama.standIn === true ? { standIn: true } : {};
    chat.messages.push(question, { ...answer, ...standIn });
    this.#event({ type: 'turn', question, answer: { ...answer, ...standIn } });
    if (chat.messages.length === 2) this.#event({ type: 'title', title: chat.title });
    this.reply({ type: 'accepted', requestId, answerId });
    this.#list();
  }

  get #running(): ChatMessage {
    const answer = this.chats.get(this.#opened)?.messages.at(-1);
    if (!answer) throw new Error('nothing was asked');
    return answer;
  }

  #change(change: Partial<ChatMessage>): void {
    const messages = this.chats.get(this.#opened)?.messages;
    messages?.splice(-1, 1, { ...this.#running, ...change });
  }

  #event(event: ConversationEvent): void {
    const chat = this.chats.get(this.#opened);
    if (!chat) throw new Error('no such chat');
    chat.sequence += 1;
    this.reply({ type: 'event', conversationId: this.#opened, sequence: chat.sequence, event });
  }
}

const PAGE = 60;
