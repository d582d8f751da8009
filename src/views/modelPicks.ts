import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ChatReply } from '../protocol/chat.ts';
import type { LoadedModel, ModelInfo } from '../protocol/chatModels.ts';
import { TunnelError } from '../protocol/errors.ts';
import { runCommand, type CommandHandlers } from './commands.ts';
import { HubLists, type HubList, type HubListParts } from './hubLists.ts';
import { memoryWords, modelAbilities, modelFigures } from './modelTexts.ts';
import { plainLabel } from './plainLabel.ts';
import { showError } from './showError.ts';

export interface ModelPickParts extends HubListParts {
  readonly clock: Clock;
  /** The model that the next question of the current chat would go to; undefined while no chat says. */
  readonly current: () => string | undefined;
  /** Shows the current chat; its next question goes to this model. */
  readonly use: (model: string) => Promise<void>;
}

interface ModelItem extends vscode.QuickPickItem {
  /** Absent: of no model. */
  readonly model?: string;
  readonly isPull?: true;
}

/** What may be done to a model. */
interface Deed {
  readonly icon: string;
  readonly label: string;
  readonly act: (model: string) => Promise<void>;
}
interface DeedButton extends vscode.QuickInputButton {
  readonly deed: Deed;
}

/** The models as the editor's own lists: who answers next, and what is in memory. */
export class ModelPicks implements Disposable {
  readonly #parts: ModelPickParts;
  readonly #lists: HubLists;

  constructor(parts: ModelPickParts) {
    this.#parts = parts;
    this.#lists = new HubLists(parts);
  }

  get commands(): Pick<CommandHandlers, 'selectModel' | 'showModels'> {
    return { selectModel: () => this.selectModel(), showModels: () => this.showModels() };
  }

  /** Chooses who answers the next question of the current chat. */
  async selectModel(): Promise<void> {
    const t = vscode.l10n.t;
    const list = await this.#lists.open<ModelItem>(t('Select Model'), t('The next question of this chat goes to it'));
    const { pick, line, owned } = list;
    pick.matchOnDescription = pick.matchOnDetail = true;
    owned.add(
      line.onReply((reply) => {
        if (this.#isOver(pick, reply) || reply.type !== 'models') return;
        const current = this.#parts.current() ?? reply.suggested;
        show(list, [...reply.items.map((info) => choiceOf(info, info.name === current)), pullItem()], current);
      }),
    );
    owned.add(
      pick.onDidAccept(() => {
        const [chosen] = pick.selectedItems;
        if (chosen === undefined) return;
        pick.hide();
        if (chosen.model !== undefined) this.#attempt(this.#parts.use(chosen.model));
        else this.#attempt(runCommand('pullModel'));
      }),
    );
    line.ask({ type: 'listModels' });
  }

  /** What is in memory, where and until when, and what else there is; each to be used, unloaded and deleted. */
  async showModels(): Promise<void> {
    const t = vscode.l10n.t;
    const list = await this.#lists.open<ModelItem>(t('Models'), t('Choose a model to use, unload or delete it'));
    const { pick, line, owned } = list;
    const { clock } = this.#parts;
    let models: readonly ModelInfo[] | undefined;
    let loaded: readonly LoadedModel[] | undefined;
    const isLoaded = (model: string): boolean => loaded?.some(({ name }) => name === model) === true;
    const isThere = (model: string): boolean => models?.some(({ name }) => name === model) === true;
    const deeds = this.#deeds();
    const deedsOf = (model: string): readonly Deed[] => [
      ...(isThere(model) ? [deeds.use] : []),
      ...(isLoaded(model) ? [deeds.unload] : []),
      ...(isThere(model) ? [deeds.delete] : []),
    ];
    const itemOf = (info: ModelInfo, detail: string): ModelItem => {
      const buttons: DeedButton[] = deedsOf(info.name)
        .filter((deed) => deed !== deeds.use)
        .map((deed) => ({ iconPath: new vscode.ThemeIcon(deed.icon), tooltip: deed.label, deed }));
      return { label: plainLabel(info.name), description: modelFigures({ ...info, loaded: false }), detail, buttons, model: info.name };
    };
    let hub: string | undefined;
    const draw = (): void => {
      if (!models || !loaded) return;
      const all = models;
      const inMemory = loaded.map((one) =>
        itemOf(all.find(({ name }) => name === one.name) ?? { name: one.name }, memoryWords(one, clock.now())),
      );
      const others = all.filter(({ name }) => !isLoaded(name)).map((info) => itemOf(info, modelAbilities(info)));
      show(list, [
        heading(t('In memory')),
        ...(inMemory.length === 0 ? [{ label: t('No model is in memory.') }] : inMemory),
        ...(others.length === 0 ? [] : [heading(t('Not in memory')), ...others]),
        heading(''),
        pullItem(),
      ]);
    };
    owned.add(
      line.onReply((reply) => {
        if (this.#isOver(pick, reply)) return;
        if (reply.type === 'models') models = reply.items;
        else if (reply.type === 'loaded') loaded = reply.items;
        else if (reply.type === 'welcome') {
          // of another hub, what is in memory is not asked for again by itself
          if (hub !== undefined && hub !== reply.hubEpoch) line.ask({ type: 'listLoaded' });
          hub = reply.hubEpoch;
        }
        draw();
      }),
    );
    owned.add(
      pick.onDidAccept(() => {
        const [chosen] = pick.selectedItems;
        if (chosen?.isPull) {
          pick.hide();
          this.#attempt(runCommand('pullModel'));
        } else if (chosen?.model !== undefined) this.#attempt(choose(chosen.model, chosen.description, deedsOf(chosen.model)));
      }),
    );
    owned.add(
      pick.onDidTriggerItemButton(({ item, button }) => {
        if (item.model !== undefined) this.#attempt((button as DeedButton).deed.act(item.model));
      }),
    );
    line.ask({ type: 'listModels' });
    line.ask({ type: 'listLoaded' });
  }

  dispose(): void {
    this.#lists.dispose();
  }

  #deeds(): Readonly<Record<'use' | 'unload' | 'delete', Deed>> {
    const t = vscode.l10n.t;
    return {
      use: { icon: 'sparkle', label: t('Use in Chat'), act: (model) => this.#parts.use(model) },
      unload: { icon: 'close', label: t('Unload'), act: (model) => this.#lists.change({ type: 'unloadModel', model }) },
      delete: { icon: 'trash', label: t('Delete…'), act: (model) => this.#delete(model) },
    };
  }

  async #delete(model: string): Promise<void> {
    const t = vscode.l10n.t;
    const yes = t('Delete Model');
    const detail = t('Its file is removed from this computer. It can be pulled again.');
    const chosen = await vscode.window.showWarningMessage(t('Delete {0}?', plainLabel(model)), { modal: true, detail }, yes);
    if (chosen === yes) await this.#lists.change({ type: 'deleteModel', model });
    await this.showModels(); // the question took its place
  }

  /** Ollama cannot be asked: the list ends, and it is said why. */
  #isOver(pick: { hide(): void }, reply: ChatReply): boolean {
    if (reply.type !== 'refused' || reply.requestId !== undefined) return false;
    pick.hide();
    showError(new TunnelError(reply.error, reply.detail), this.#parts.log, { part: 'list of models' });
    return true;
  }

  #attempt(task: Promise<void>): void {
    this.#lists.attempt(task, 'list of models');
  }
}

/** The buttons of an item, for the keyboard. */
async function choose(model: string, placeHolder: string | undefined, deeds: readonly Deed[]): Promise<void> {
  const items = deeds.map((deed) => ({ label: `$(${deed.icon}) ${deed.label}`, deed }));
  const options = { title: plainLabel(model), ...(placeHolder === undefined ? {} : { placeHolder }) };
  await (await vscode.window.showQuickPick(items, options))?.deed.act(model);
}

/** Fills a list; what the keyboard is on stays so. @param first what it is on at first */
function show({ pick }: Pick<HubList<ModelItem>, 'pick'>, items: readonly ModelItem[], first?: string): void {
  const active = pick.activeItems[0]?.model ?? first;
  pick.keepScrollPosition = true;
  pick.items = items;
  pick.busy = false;
  const again = items.find(({ model }) => model !== undefined && model === active);
  if (again) pick.activeItems = [again];
}

function choiceOf(info: ModelInfo, isCurrent: boolean): ModelItem {
  const detail = modelAbilities(info);
  return {
    label: `$(${isCurrent ? 'check' : 'blank'}) ${plainLabel(info.name)}`,
    description: modelFigures(info),
    ...(detail === '' ? {} : { detail }),
    model: info.name,
  };
}

function pullItem(): ModelItem {
  return { label: `$(cloud-download) ${vscode.l10n.t('Pull Model…')}`, alwaysShow: true, isPull: true };
}

function heading(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
