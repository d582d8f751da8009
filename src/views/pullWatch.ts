import * as vscode from 'vscode';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ChatReply } from '../protocol/chat.ts';
import { percentOf, type ModelPull } from '../protocol/chatModels.ts';
import { wordsOf } from '../protocol/errors.ts';
import { MAX_PULLS_LISTED } from '../protocol/limits.ts';
import type { AgentReady } from './editorAgent.ts';
import { HubLine } from './hubLine.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { pullWords } from './modelTexts.ts';
import { plainLabel } from './plainLabel.ts';
import { showError, tellError } from './showError.ts';

export interface PullWatchParts {
  readonly agent: AgentReady;
  readonly random: Random;
  readonly log: Logger;
  /** A model has come. */
  readonly onPulled: (model: string) => void;
}

/**
 * Shows every download of the device in this window, whoever began it: one that was asked for here as a notification with *Cancel*, any other
 * in the status bar alone. They are the hub's: a window that goes ends none, and one that comes shows those that run.
 */
export class PullWatch implements Disposable {
  readonly #parts: PullWatchParts;
  readonly #owned = new DisposableStore();
  readonly #changes = this.#owned.add(new Emitter<undefined>());
  /** To the hub of whoever leads; rejects when the agent cannot run here. */
  readonly #line: Promise<HubLine>;
  /** Those that this window has asked for and that have not ended; until the hub has heard of it, what is said of one is of an earlier try. */
  readonly #asked = new Map<string, 'asking' | 'asked'>();
  readonly #shown = new Map<string, ShownPull>();
  #pulls: readonly ModelPull[] = [];
  #hub: string | undefined;

  /** Fires when {@link pulls} has changed. */
  readonly onDidChange = this.#changes.event;

  constructor(parts: PullWatchParts) {
    this.#parts = parts;
    this.#line = parts.agent.then((ready) => {
      const line = this.#owned.add(new HubLine(ready.createChatPort(), parts.random));
      this.#owned.add(
        line.onReply((reply) => {
          this.#hear(reply);
        }),
      );
      return line;
    });
    this.#line.catch(() => undefined); // told elsewhere
    this.#owned.add(
      toDisposable(() => {
        this.#endAll();
      }),
    );
  }

  /** Those that run, and the last that have ended; oldest first. */
  get pulls(): readonly ModelPull[] {
    return this.#pulls;
  }

  /** Begins a download, goes on with one that was broken off, or shows the one that runs. @throws TunnelError why it cannot be begun */
  async start(model: string): Promise<void> {
    const running = this.#pulls.find(({ name, state }) => name === model && state === 'running');
    if (this.#asked.size < MAX_PULLS_LISTED) this.#asked.set(model, running ? 'asked' : 'asking');
    if (running) {
      this.#end(model);
      this.#show(running);
      return;
    }
    try {
      await (await this.#line).change({ type: 'pullModel', model });
      if (this.#asked.has(model)) this.#asked.set(model, 'asked');
    } catch (error) {
      this.#asked.delete(model);
      throw error;
    }
  }

  /** Ends one that runs, what has come is kept; takes one that has ended off the list. @throws TunnelError */
  async cancel(model: string): Promise<void> {
    await (await this.#line).change({ type: 'cancelPull', model });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #hear(reply: ChatReply): void {
    if (reply.type === 'welcome') {
      // Another hub goes on with what its predecessor did not end, and says so.
      if (this.#hub !== undefined && this.#hub !== reply.hubEpoch) this.#take([]);
      this.#hub = reply.hubEpoch;
    } else if (reply.type === 'pulls') this.#take(reply.items);
  }

  #take(pulls: readonly ModelPull[]): void {
    this.#pulls = pulls;
    for (const name of [...this.#shown.keys()]) if (!pulls.some((pull) => pull.name === name)) this.#end(name);
    for (const pull of pulls) {
      if (pull.state === 'running') this.#show(pull);
      else this.#ended(pull);
    }
    this.#changes.fire(undefined);
  }

  #show(pull: ModelPull): void {
    const { name } = pull;
    if (this.#asked.has(name)) this.#asked.set(name, 'asked');
    const shown = this.#shown.get(name) ?? new ShownPull(name, this.#asked.has(name), this.#cancelled);
    this.#shown.set(name, shown);
    shown.update(pull);
  }

  readonly #cancelled = (model: string): void => {
    this.cancel(model).catch((error: unknown) => {
      showError(error, this.#parts.log, { part: 'downloads' });
    });
  };

  #ended({ name, state, error = 'ollamaPullFailed', errorDetail }: ModelPull): void {
    if (this.#asked.get(name) === 'asking') return;
    const wasAsked = this.#asked.delete(name);
    if (!this.#end(name) && !wasAsked) return; // it had ended before this window came
    if (state === 'done') this.#parts.onPulled(name);
    else if (state === 'failed' && wasAsked) {
      this.#parts.log.warn('a model was not pulled', { code: error });
      const why = wordsOf(error, errorDetail, inOwnLanguage);
      tellError(vscode.l10n.t('{0} was not pulled. {1}', plainLabel(name), why), error);
    }
  }

  #end(model: string): boolean {
    this.#shown.get(model)?.dispose();
    return this.#shown.delete(model);
  }

  #endAll(): void {
    for (const name of [...this.#shown.keys()]) this.#end(name);
  }
}

/** One download as the editor shows it, until it is disposed. */
class ShownPull implements Disposable {
  #end: () => void = () => undefined;
  #report: (message: string, percent: number) => void = () => undefined;
  #text = '';
  #percent = 0;

  constructor(model: string, wasAsked: boolean, onCancel: (model: string) => void) {
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const location = wasAsked ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window;
    const title = vscode.l10n.t('Pulling {0}', plainLabel(model));
    void vscode.window.withProgress({ location, title, cancellable: wasAsked }, async (progress, token) => {
      this.#report = (message, increment) => {
        progress.report(increment > 0 ? { message, increment } : { message });
      };
      const listening = token.onCancellationRequested(() => {
        onCancel(model);
      });
      await ended;
      listening.dispose();
    });
  }

  /** A bar never goes back: a layer that has just become known waits until the rest is as far. */
  update(pull: ModelPull): void {
    const text = pullWords(pull);
    if (text === this.#text) return;
    this.#text = text;
    const percent = Math.max(this.#percent, percentOf(pull) ?? 0);
    this.#report(text, percent - this.#percent);
    this.#percent = percent;
  }

  dispose(): void {
    this.#end();
  }
}
