import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ChatReply, ConversationSummary } from '../protocol/chat.ts';
import type { WebviewView } from '../protocol/webviewMessages.ts';
import type { AgentReady } from './editorAgent.ts';
import { HubLine } from './hubLine.ts';
import { plainLabel } from './plainLabel.ts';
import { showError } from './showError.ts';
import { readSetting } from './userSettings.ts';

/** Chats watched at once; of more, the first ends untold. */
const MAX_WATCHED = 16;

export interface HiddenAnswersOptions {
  readonly agent: AgentReady;
  readonly random: Random;
  readonly log: Logger;
  /** Shows a chat. */
  readonly open: (conversationId: string) => Promise<void>;
}

/** Says, as the setting `chat.notifyWhenDone` allows, that an answer has ended whose chat was hidden while it was being written. */
export class HiddenAnswers implements Disposable {
  readonly #options: HiddenAnswersOptions;
  readonly #watched = new Set<string>();
  /** To the hub, while there is something to watch. */
  #line: HubLine | undefined;
  #isDisposed = false;

  constructor(options: HiddenAnswersOptions) {
    this.#options = options;
  }

  /** A view of this window shows the chat: whoever looks there sees it end. */
  shown({ conversationId }: Pick<WebviewView, 'conversationId'>): void {
    if (this.#watched.delete(conversationId)) this.#rest();
  }

  /** The view that showed it was hidden in the middle of an answer. */
  leftBehind({ conversationId }: Pick<WebviewView, 'conversationId'>): void {
    if (readSetting('chat.notifyWhenDone') === 'never') return;
    this.#watched.add(conversationId);
    const [first] = this.#watched;
    if (this.#watched.size > MAX_WATCHED && first !== undefined) this.#watched.delete(first);
    // without an agent there is no answer either
    this.#follow().catch(() => undefined);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#watched.clear();
    this.#rest();
  }

  async #follow(): Promise<void> {
    const { agent, random } = this.#options;
    const ready = await agent;
    if (this.#line || this.#isDisposed || this.#watched.size === 0) return;
    this.#line = new HubLine(ready.createChatPort(), random);
    this.#line.onReply((reply) => {
      this.#hear(reply);
    });
    this.#line.ask({ type: 'listConversations' });
  }

  #hear(reply: ChatReply): void {
    if (reply.type !== 'conversations' || reply.before !== undefined) return;
    for (const id of [...this.#watched]) {
      const chat = reply.items.find((item) => item.id === id);
      if (chat?.running === true) continue;
      this.#watched.delete(id);
      if (chat) void this.#tell(chat); // one that is not listed was deleted, or is not written down
    }
    this.#rest();
  }

  async #tell({ id, title }: ConversationSummary): Promise<void> {
    const t = vscode.l10n.t;
    if (readSetting('chat.notifyWhenDone') === 'never') return;
    const show = t('Show');
    const text = title === '' ? t('The answer has ended.') : t('The answer in “{0}” has ended.', plainLabel(title));
    if ((await vscode.window.showInformationMessage(text, show)) !== show) return;
    await this.#options.open(id).catch((error: unknown) => {
      showError(error, this.#options.log, { part: 'hidden answers' });
    });
  }

  /** With nothing to watch no line is held. */
  #rest(): void {
    if (this.#watched.size > 0) return;
    this.#line?.dispose();
    this.#line = undefined;
  }
}
