import type * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import type { Connection } from './connection.ts';
import type { AgentReady } from './editorAgent.ts';
import type { PairingPanel } from './pairingPanel.ts';
import { showError } from './showError.ts';

export interface PairingParts {
  readonly agent: AgentReady;
  readonly connection: Connection;
  readonly extensionUri: vscode.Uri;
  readonly random: Random;
  readonly log: Logger;
}

/** *Pair a Browser*: one open offer and the panel that shows it. Closing the panel withdraws the offer; a pairing closes the panel. */
export class Pairing implements Disposable {
  readonly #parts: PairingParts;
  #open: { readonly panel: PairingPanel; readonly owned: DisposableStore } | undefined;

  constructor(parts: PairingParts) {
    this.#parts = parts;
  }

  /** Connects first when there is no connection. @throws TunnelError */
  async start(): Promise<void> {
    const { agent, connection } = this.#parts;
    if (!(await connection.connect())) return;
    const { control } = await agent;
    // Who draws QR codes is loaded with the first one: the editor's start is short.
    const panels = await import('./pairingPanel.ts');
    const offer = await control.createOffer();
    const open = this.#open ?? this.#openPanel(control, panels.PairingPanel);
    open.panel.show(offer);
  }

  /** Takes the link away, for it can no longer be used. */
  close(): void {
    this.#open?.panel.dispose();
  }

  dispose(): void {
    this.#open?.owned.dispose();
  }

  #openPanel(control: AgentControl, Panel: typeof PairingPanel): { readonly panel: PairingPanel; readonly owned: DisposableStore } {
    const { extensionUri, random, log } = this.#parts;
    const owned = new DisposableStore();
    const panel = owned.add(new Panel({ extensionUri, random, log, deviceName: control.deviceName }));
    const open = { panel, owned };
    this.#open = open;
    const close = (withdraw: boolean): void => {
      if (this.#open !== open) return;
      this.#open = undefined;
      if (withdraw) control.cancelOffer();
      owned.dispose();
    };
    owned.add(
      panel.onDidClose(() => {
        close(true);
      }),
    );
    owned.add(
      control.onDidPair(() => {
        close(false);
      }),
    );
    owned.add(
      panel.onRenew(() => {
        this.start().catch((error: unknown) => {
          showError(error, log, { command: 'pairBrowser' });
        });
      }),
    );
    return open;
  }
}
