import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import { runCommand } from './commands.ts';
import type { CommandName } from './ids.ts';
import { plainLabel } from './plainLabel.ts';

/** A window that follows looks so long after the one that leads, ms: what that one has told stands in the file by then. */
const FOLLOWER_MS = 1_000;

const knownSchema = v.object({
  device: v.pipe(v.string(), v.maxLength(64)),
  relay: v.optional(v.pipe(v.string(), v.maxLength(2048))),
});
type Known = v.InferOutput<typeof knownSchema>;

export interface ReplacementParts {
  readonly clock: Clock;
  readonly control: Pick<AgentControl, 'role' | 'deviceId' | 'relay'>;
  /** Something of the agent has changed. */
  readonly onDidChange: Event<undefined>;
  /** A person is setting the relay in this window, or has just done so. */
  readonly isAsked: () => boolean;
  /** The extension's `globalStorageUri`. */
  readonly folder: vscode.Uri;
}

/**
 * Says that this computer is another one for everybody who knew it, or is reached through another relay, whoever has brought it about. What
 * was known last stands in a file of the extension's own folder: neither a restart nor another window says it again.
 */
export class Replacement implements Disposable {
  readonly #parts: ReplacementParts;
  readonly #owned = new DisposableStore();
  /** The look that a window that follows still waits for. */
  #later: Disposable | undefined;
  #known: Known | undefined;
  /** One look at the file after another. */
  #looked: Promise<void> = Promise.resolve();

  constructor(parts: ReplacementParts) {
    this.#parts = parts;
    this.#owned.add(parts.onDidChange(this.#check));
    this.#check();
  }

  dispose(): void {
    this.#later?.dispose();
    this.#owned.dispose();
  }

  readonly #check = (): void => {
    const { clock, control } = this.#parts;
    const { deviceId: device, relay, role = 'leads' } = control;
    // while nobody leads, nobody is known
    if (device === '' || (device === this.#known?.device && relay?.origin === this.#known.relay)) return;
    const now: Known = { device, ...(relay && { relay: relay.origin }) };
    this.#known = now;
    const isAsked = this.#parts.isAsked();
    const look = (): void => {
      this.#looked = this.#looked.then(() => this.#compare(now, isAsked));
    };
    this.#later?.dispose();
    if (role === 'leads') look();
    else this.#later = clock.after(FOLLOWER_MS, look);
  };

  async #compare(now: Known, isAsked: boolean): Promise<void> {
    const before = await this.#read();
    if (before?.device === now.device && before.relay === now.relay) return;
    await this.#write(now);
    if (!before || this.#owned.isDisposed) return;
    const t = vscode.l10n.t;
    if (before.device !== now.device)
      tell(t('This computer has a new identity. Browsers and API keys of the old one no longer reach it.'), {
        label: t('Pair a Browser…'),
        command: 'pairBrowser',
      });
    if (!isAsked && before.relay !== undefined && now.relay !== undefined && before.relay !== now.relay)
      tell(t('This computer uses another relay now: {0} in the place of {1}.', plainLabel(now.relay), plainLabel(before.relay)), {
        label: t('Set Up Relay…'),
        command: 'setUpRelay',
      });
  }

  get #file(): vscode.Uri {
    return vscode.Uri.joinPath(this.#parts.folder, 'known-device');
  }

  async #read(): Promise<Known | undefined> {
    try {
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(this.#file));
      return v.parse(knownSchema, JSON.parse(text));
    } catch {
      return undefined; // nothing was known yet
    }
  }

  async #write(known: Known): Promise<void> {
    try {
      await vscode.workspace.fs.createDirectory(this.#parts.folder);
      await vscode.workspace.fs.writeFile(this.#file, new TextEncoder().encode(JSON.stringify(known)));
    } catch {
      // a full disk must not keep it from being told; it is told again after a restart
    }
  }
}

function tell(text: string, { label, command }: { readonly label: string; readonly command: CommandName }): void {
  void vscode.window.showWarningMessage(text, label).then((chosen) => {
    if (chosen === label) void runCommand(command);
  });
}
