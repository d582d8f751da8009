import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { periodOf, type Period } from '../base/daysAgo.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ConversationSummary, SearchHit } from '../protocol/chat.ts';
import { MAX_QUERY_UNITS, MAX_TITLE_UNITS } from '../protocol/limits.ts';
import type { CommandHandlers } from './commands.ts';
import { HubLists, type HubListParts } from './hubLists.ts';
import { commandId } from './ids.ts';
import { plainLabel } from './plainLabel.ts';

/** A search begins when nothing was typed for so long, ms. */
const TYPING_MS = 150;

export interface ChatPickParts extends HubListParts {
  readonly clock: Clock;
  /** Shows a chat. */
  readonly open: (conversationId: string) => Promise<void>;
}

interface ChatButton extends vscode.QuickInputButton {
  readonly act: (chat: ConversationSummary) => Promise<void>;
}
interface ChatItem extends vscode.QuickPickItem {
  /** Absent: the older chats are asked for. */
  readonly chat?: ConversationSummary;
}
interface FoundItem extends vscode.QuickPickItem {
  readonly hit: SearchHit;
}

/** The chats as the editor's own lists: by date, and by what stands in them. */
export class ChatPicks implements Disposable {
  readonly #parts: ChatPickParts;
  readonly #lists: HubLists;

  constructor(parts: ChatPickParts) {
    this.#parts = parts;
    this.#lists = new HubLists(parts);
  }

  get commands(): Pick<CommandHandlers, 'showHistory' | 'searchChats'> {
    return { showHistory: () => this.showHistory(), searchChats: () => this.searchChats() };
  }

  /** The chats, newest first, each to be opened, renamed, exported and deleted. */
  async showHistory(): Promise<void> {
    const t = vscode.l10n.t;
    const { pick, line, owned } = await this.#lists.open<ChatItem>(t('Chats'), t('Choose a chat, or type a part of its title'));
    let chats: readonly ConversationSummary[] = [];
    const buttons: readonly ChatButton[] = [
      { iconPath: new vscode.ThemeIcon('edit'), tooltip: t('Rename'), act: (chat) => this.#rename(chat) },
      { iconPath: new vscode.ThemeIcon('export'), tooltip: t('Export'), act: exportChat },
      { iconPath: new vscode.ThemeIcon('trash'), tooltip: t('Delete'), act: (chat) => this.#delete(chat) },
    ];
    owned.add(
      line.onReply((reply) => {
        if (reply.type !== 'conversations') return;
        // The newest come again with each change; what is older is asked for anew.
        chats = reply.before === undefined ? reply.items : [...chats, ...reply.items];
        pick.items = [
          ...byDate(chats, buttons, this.#parts.clock.now()),
          ...(reply.more === true ? [{ label: `$(history) ${t('Older chats')}`, alwaysShow: true }] : []),
        ];
        pick.busy = false;
      }),
    );
    owned.add(
      pick.onDidAccept(() => {
        const [chosen] = pick.selectedItems;
        const oldest = chats.at(-1);
        if (chosen?.chat) this.#open(pick, chosen.chat.id);
        else if (chosen && oldest) line.ask({ type: 'listConversations', before: oldest.id });
      }),
    );
    owned.add(
      pick.onDidTriggerItemButton(({ item, button }) => {
        const pressed = buttons.find((each) => each === button);
        if (item.chat && pressed) this.#attempt(pressed.act(item.chat));
      }),
    );
    line.ask({ type: 'listConversations' });
  }

  /** Messages of all chats that hold what is typed; the words found stand in the line below. */
  async searchChats(): Promise<void> {
    const t = vscode.l10n.t;
    const { pick, line, owned } = await this.#lists.open<FoundItem>(t('Search Chats'), t('Words of a question or an answer'));
    let asked = '';
    let waiting: Disposable | undefined;
    const search = (): void => {
      asked = pick.value.trim().slice(0, MAX_QUERY_UNITS);
      pick.busy = asked !== '';
      if (asked === '') pick.items = [];
      else line.ask({ type: 'search', query: asked });
    };
    pick.busy = false;
    pick.matchOnDetail = true;
    owned.add({ dispose: () => waiting?.dispose() });
    owned.add(
      pick.onDidChangeValue(() => {
        waiting?.dispose();
        waiting = this.#parts.clock.after(TYPING_MS, search);
      }),
    );
    owned.add(
      line.onReply((reply) => {
        if (reply.type !== 'found' || reply.query !== asked) return;
        pick.busy = false;
        pick.items = reply.items.map(foundItem);
      }),
    );
    owned.add(
      pick.onDidAccept(() => {
        const [chosen] = pick.selectedItems;
        if (chosen) this.#open(pick, chosen.hit.conversationId);
      }),
    );
  }

  dispose(): void {
    this.#lists.dispose();
  }

  #open(pick: { hide(): void }, conversationId: string): void {
    pick.hide();
    this.#attempt(this.#parts.open(conversationId));
  }

  async #rename({ id: conversationId, title }: ConversationSummary): Promise<void> {
    const t = vscode.l10n.t;
    const entered = await vscode.window.showInputBox({
      title: t('Rename Chat'),
      value: title,
      validateInput: (text) =>
        text.trim() === '' ? t('Enter a title.') : text.trim().length > MAX_TITLE_UNITS ? t('This title is too long.') : undefined,
    });
    if (entered !== undefined) await this.#lists.change({ type: 'rename', conversationId, title: entered.trim() });
    await this.showHistory(); // the question took its place
  }

  async #delete({ id: conversationId, title }: ConversationSummary): Promise<void> {
    const t = vscode.l10n.t;
    await this.#lists.change({ type: 'deleteConversation', conversationId });
    const undo = t('Undo');
    const chosen = await vscode.window.showInformationMessage(t('“{0}” is deleted. It is kept for 30 days.', titleOf(title)), undo);
    if (chosen === undo) await this.#lists.change({ type: 'restoreConversation', conversationId });
  }

  #attempt(task: Promise<void>): void {
    this.#lists.attempt(task, 'list of chats');
  }
}

async function exportChat({ id: conversationId, title }: ConversationSummary): Promise<void> {
  await vscode.commands.executeCommand(commandId('exportChat'), { conversationId, title });
}

/** The items under headings, in the order given. */
function byDate(chats: readonly ConversationSummary[], buttons: readonly ChatButton[], now: number): ChatItem[] {
  const labels = periodLabels();
  let last: Period | undefined;
  return chats.flatMap((chat) => {
    const period = periodOf(chat.updatedAt, now);
    const heading = period === last ? [] : [{ label: labels[period], kind: vscode.QuickPickItemKind.Separator }];
    last = period;
    const description = chat.running ? vscode.l10n.t('being answered') : (chat.model ?? '');
    return [...heading, { label: titleOf(chat.title), description, buttons, chat }];
  });
}

function foundItem(hit: SearchHit): FoundItem {
  const t = vscode.l10n.t;
  const who = hit.role === 'user' ? t('You') : t('Answer');
  const when = new Date(hit.createdAt).toLocaleDateString(vscode.env.language);
  // What the search has found need not hold what was typed in one piece.
  return { label: titleOf(hit.title), description: `${who}, ${when}`, detail: plainLabel(hit.excerpt), alwaysShow: true, hit };
}

function titleOf(title: string): string {
  return title === '' ? vscode.l10n.t('Untitled') : plainLabel(title);
}

function periodLabels(): Readonly<Record<Period, string>> {
  const t = vscode.l10n.t;
  return { today: t('Today'), yesterday: t('Yesterday'), week: t('Last 7 days'), month: t('Last 30 days'), older: t('Older') };
}
