import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.ts';
import { fileSize } from '../base/figures.ts';
import type { ModelInfo, ModelPull } from '../protocol/chatModels.ts';
import { readModelName } from '../protocol/modelNames.ts';
import { suggestedModels } from '../protocol/suggestedModels.ts';
import type { CommandHandlers } from './commands.ts';
import { HubLists, type HubListParts } from './hubLists.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { pullWords } from './modelTexts.ts';
import { plainLabel } from './plainLabel.ts';
import type { PullWatch } from './pullWatch.ts';

export interface PullPickParts extends HubListParts {
  readonly watch: PullWatch;
}

interface PullItem extends vscode.QuickPickItem {
  /** What is pulled when it is chosen. */
  readonly model?: string;
}
interface PullButton extends vscode.QuickInputButton {
  readonly act: (model: string) => Promise<void>;
}

/** Asks for the name of a model and has it downloaded; lists the downloads there are. */
export class PullPick implements Disposable {
  readonly #parts: PullPickParts;
  readonly #lists: HubLists;

  constructor(parts: PullPickParts) {
    this.#parts = parts;
    this.#lists = new HubLists(parts);
  }

  get commands(): Pick<CommandHandlers, 'pullModel'> {
    return { pullModel: () => this.pullModel() };
  }

  async pullModel(): Promise<void> {
    const t = vscode.l10n.t;
    const { watch } = this.#parts;
    const { pick, line, owned } = await this.#lists.open<PullItem>(t('Pull Model'), t('Name of a model, such as {0}', 'qwen3:8b'));
    let models: readonly ModelInfo[] = [];
    const draw = (): void => {
      pick.keepScrollPosition = true;
      pick.items = [...typedItem(pick.value), ...this.#pullItems(), ...suggestions(models, watch.pulls)];
    };
    pick.busy = false;
    pick.matchOnDescription = true;
    owned.add(pick.onDidChangeValue(draw));
    owned.add(watch.onDidChange(draw));
    owned.add(
      line.onReply((reply) => {
        // without the list the suggestions stand there, whatever is there already
        if (reply.type !== 'models') return;
        models = reply.items;
        draw();
      }),
    );
    owned.add(
      pick.onDidAccept(() => {
        const [chosen] = pick.selectedItems;
        if (chosen?.model === undefined) return;
        pick.hide();
        this.#attempt(watch.start(chosen.model));
      }),
    );
    owned.add(
      pick.onDidTriggerItemButton(({ item, button }) => {
        if (item.model !== undefined) this.#attempt((button as PullButton).act(item.model));
      }),
    );
    draw();
    line.ask({ type: 'listModels' });
  }

  dispose(): void {
    this.#lists.dispose();
  }

  /** Every download there is word of, newest first. Chosen, one that runs is shown, and one that was broken off goes on. */
  #pullItems(): PullItem[] {
    const t = vscode.l10n.t;
    const { watch } = this.#parts;
    const button = (icon: string, tooltip: string, act: PullButton['act']): PullButton => ({
      iconPath: new vscode.ThemeIcon(icon),
      tooltip,
      act,
    });
    const goOn = button('refresh', t('Go On'), (model) => watch.start(model));
    const cancel = button('close', t('Cancel Download'), (model) => watch.cancel(model));
    const dismiss = button('close', t('Take off the List'), (model) => watch.cancel(model));
    const buttonsOf = { running: [cancel], done: [dismiss], failed: [goOn, dismiss], cancelled: [goOn, dismiss] } as const;
    const items = watch.pulls.toReversed().map((pull): PullItem => {
      const { name, state } = pull;
      const buttons = buttonsOf[state];
      return { label: `$(${icons[state]}) ${plainLabel(name)}`, description: plainLabel(pullWords(pull)), buttons, model: name };
    });
    if (items.length === 0) return [];
    return [{ label: t('Downloads'), kind: vscode.QuickPickItemKind.Separator }, ...items];
  }

  #attempt(task: Promise<void>): void {
    this.#lists.attempt(task, 'downloads');
  }
}

const icons: Readonly<Record<ModelPull['state'], string>> = {
  running: 'loading~spin',
  done: 'check',
  failed: 'error',
  cancelled: 'circle-slash',
};

/** What was typed, as something to pull, or what is wrong with it. */
function typedItem(typed: string): PullItem[] {
  if (typed.trim() === '') return [];
  const t = vscode.l10n.t;
  const read = readModelName(typed, false);
  if ('name' in read) return [{ label: `$(cloud-download) ${t('Pull {0}', plainLabel(read.name))}`, alwaysShow: true, model: read.name }];
  const trouble = t('That is no name of a model. Names look like qwen3:8b: letters, digits, and - _ . between them.');
  return [{ label: `$(warning) ${plainLabel(typed)}`, detail: trouble, alwaysShow: true }];
}

/** Models to begin with, as far as they are neither here nor coming. */
function suggestions(models: readonly ModelInfo[], pulls: readonly ModelPull[]): PullItem[] {
  const known = new Set([...models, ...pulls].map(({ name }) => name));
  const items = suggestedModels
    .filter(({ name }) => !known.has(name))
    .map(({ name, size, words }) => ({
      label: `$(cloud-download) ${name}`,
      description: `${fileSize(size)} · ${inOwnLanguage(words)}`,
      model: name,
    }));
  if (items.length === 0) return [];
  return [{ label: vscode.l10n.t('To begin with'), kind: vscode.QuickPickItemKind.Separator }, ...items];
}
