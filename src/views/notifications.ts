import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { wordsOf, type ErrorCode } from '../protocol/errors.ts';
import type { ConnectionStatusEvent, StatusEventBus } from '../protocol/status.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { plainLabel } from './plainLabel.ts';
import { tellError } from './showError.ts';
import { readSetting } from './userSettings.ts';

/** How long a loss goes on before it is told, ms. */
const LOST_AFTER_MS = 10_000;
/** What a person has asked for is theirs for so long after it was answered: another window's word of it may come later, ms. */
const ASKED_MS = 5_000;
/** At most one message of a kind in this time, ms. */
const QUIET_MS = 60_000;

type Kind = 'gaveUp' | 'lost' | 'restored' | 'pulled';

/** Says by itself, as the setting `notifications` allows, what happened to a connection that nobody is watching. */
export class Notifications implements Disposable {
  readonly #clock: Clock;
  readonly #owned = new DisposableStore();
  readonly #toldAt = new Map<Kind, number>();
  /** Whether the loss now going on, if any, has been told. */
  #loss: { timer: Disposable; told: boolean } | undefined;
  #askedByUser = 0;
  #askedAt = -Infinity;

  constructor(bus: StatusEventBus, clock: Clock) {
    this.#clock = clock;
    let isFirst = true; // the current state is nothing new
    this.#owned.add(
      bus.statusStream((event) => {
        if (!isFirst) this.#hear(event);
        isFirst = false;
      }),
    );
    this.#owned.add(toDisposable(() => this.#loss?.timer.dispose()));
  }

  /** Keeps quiet about errors while the user waits for `task`, which tells its own. */
  async whileAsked<T>(task: () => Promise<T>): Promise<T> {
    this.#askedByUser++;
    try {
      return await task();
    } finally {
      this.#askedByUser--;
      this.#askedAt = this.#clock.monotonic();
    }
  }

  /** The user changes something about the connection, or has just done so. */
  get isAsked(): boolean {
    return this.#askedByUser > 0 || this.#clock.monotonic() - this.#askedAt < ASKED_MS;
  }

  /** A model has come, and nobody was looking. */
  tellPulled(model: string): void {
    this.#tell('pulled', vscode.l10n.t('{0} is there: it can be chosen for a chat.', plainLabel(model)));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #hear(event: ConnectionStatusEvent): void {
    switch (event.state) {
      case 'reconnecting':
        this.#loss ??= { timer: this.#clock.after(LOST_AFTER_MS, this.#tellLost), told: false };
        break;
      case 'connected':
      case 'streaming':
        if (this.#loss?.told) this.#tell('restored', vscode.l10n.t('Connected to the relay again.'));
        this.#endLoss();
        break;
      case 'error':
        this.#endLoss();
        if (event.error !== undefined && this.#askedByUser === 0) this.#tellGaveUp(event.error);
        break;
      case 'disconnected':
        this.#endLoss();
        break;
      case 'connecting':
        break;
    }
  }

  readonly #tellLost = (): void => {
    if (this.#loss) this.#loss.told = this.#tell('lost', vscode.l10n.t('The connection to the relay is lost. Connecting anew.'));
  };

  #tellGaveUp(code: ErrorCode): void {
    if (readSetting('notifications') === 'off' || !this.#isDue('gaveUp')) return;
    tellError(wordsOf(code, undefined, inOwnLanguage), code);
  }

  #tell(kind: Kind, text: string): boolean {
    if (readSetting('notifications') !== 'all' || !this.#isDue(kind)) return false;
    void vscode.window.showInformationMessage(text);
    return true;
  }

  #endLoss(): void {
    this.#loss?.timer.dispose();
    this.#loss = undefined;
  }

  #isDue(kind: Kind): boolean {
    const now = this.#clock.monotonic();
    const last = this.#toldAt.get(kind);
    if (last !== undefined && now - last < QUIET_MS) return false;
    this.#toldAt.set(kind, now);
    return true;
  }
}
