import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import { firstFailure } from '../protocol/diagnosis.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { RelayLaunch } from '../protocol/relayLaunch.ts';
import type { RelayInvitation } from './relayInvitation.ts';

/** How long a relay may take to listen, ms: a slow disk reads its bundle first. */
const START_WITHIN_MS = 15_000;
/** Between two looks whether it listens, ms. */
const LOOK_EVERY_MS = 300;

interface RunningTrial {
  readonly terminal: vscode.Terminal;
  readonly launch: RelayLaunch;
}

export interface TrialRelayOptions {
  readonly clock: Clock;
  /** @throws when no port is free */
  readonly prepare: () => Promise<RelayLaunch>;
}

/** A relay on this computer alone, in a terminal that everybody sees. It lives as long as the terminal, and no longer than the window. */
export class TrialRelay implements Disposable {
  readonly #options: TrialRelayOptions;
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<{ readonly ended?: string }>());
  #running: RunningTrial | undefined;

  /** One was started, or the one at the origin `ended` has ended, by whatever hand. */
  readonly onDidChange = this.#changed.event;

  constructor(options: TrialRelayOptions) {
    this.#options = options;
    this.#owned.add(
      vscode.window.onDidCloseTerminal((terminal) => {
        const running = this.#running;
        if (terminal !== running?.terminal) return;
        this.#running = undefined;
        this.#changed.fire({ ended: running.launch.origin });
      }),
    );
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Of the one that runs. */
  get origin(): string | undefined {
    return this.#running?.launch.origin;
  }

  /** Resolves once it takes devices in; one that runs is shown. @throws TunnelError `relayUnreachable` when it does not come up */
  async start(control: AgentControl): Promise<RelayInvitation> {
    const launched = this.#running?.launch ?? (await this.#options.prepare());
    const { terminal, launch } = (this.#running ??= this.#open(launched));
    this.#changed.fire({});
    terminal.show(true);
    await this.#listens(control, launch);
    return { origin: launch.origin, invite: launch.invite };
  }

  /** Ends it, which closes its terminal. */
  stop(): void {
    this.#running?.terminal.dispose();
  }

  dispose(): void {
    this.stop();
    this.#owned.dispose();
  }

  #open(launch: RelayLaunch): RunningTrial {
    const terminal = vscode.window.createTerminal({
      name: vscode.l10n.t('Trial Relay'),
      iconPath: new vscode.ThemeIcon('server-environment'),
      shellPath: launch.program,
      shellArgs: [...launch.args],
      env: { ...launch.environment },
      // What a workspace puts into its terminals stays out of this one.
      strictEnv: true,
      // After a reload its invite would be forgotten: it ends with the window.
      isTransient: true,
    });
    return { terminal, launch };
  }

  async #listens(control: AgentControl, { origin, invite }: RelayLaunch): Promise<void> {
    const { clock } = this.#options;
    const dueAt = clock.monotonic() + START_WITHIN_MS;
    for (;;) {
      const failed = firstFailure(await control.probeRelay(origin, invite));
      if (!failed) return;
      if (this.#running?.launch.origin !== origin || clock.monotonic() >= dueAt || this.#owned.isDisposed)
        throw new TunnelError('relayUnreachable', vscode.l10n.t('the trial relay did not start; its terminal says why'));
      await this.#pause();
    }
  }

  /** Never ends once this is disposed: nobody is there to hear of it. */
  async #pause(): Promise<void> {
    const over = deferred<undefined>();
    const timer = this.#owned.add(
      this.#options.clock.after(LOOK_EVERY_MS, () => {
        over.resolve(undefined);
      }),
    );
    await over.promise;
    this.#owned.delete(timer);
  }
}
