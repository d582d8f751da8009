import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { AgentControl, RelaySetting } from '../protocol/agentControl.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { AgentReady } from './editorAgent.ts';
import type { ConnectionIntent } from './connectionIntent.ts';
import { setUpRelay } from './setUpRelay.ts';

/** A connection that takes longer is shown on its way, ms. */
const SLOW_AFTER_MS = 1_000;

export interface ConnectionOptions {
  readonly agent: AgentReady;
  readonly bus: StatusEventBus;
  readonly intent: ConnectionIntent;
  readonly clock: Clock;
}

/** What people do about the connection. */
export class Connection {
  readonly #agent: AgentReady;
  readonly #bus: StatusEventBus;
  readonly #intent: ConnectionIntent;
  readonly #clock: Clock;

  constructor({ agent, bus, intent, clock }: ConnectionOptions) {
    this.#agent = agent;
    this.#bus = bus;
    this.#intent = intent;
    this.#clock = clock;
  }

  get isUp(): boolean {
    const { state } = this.#bus.current;
    return state === 'connected' || state === 'streaming';
  }

  /** Connects, by way of setting up a relay when there is none. Resolves to whether it is connected now. @throws TunnelError */
  async connect(): Promise<boolean> {
    if (this.isUp) return true;
    const { control } = await this.#agent;
    if (!control.relay && !(await setUpRelay(control))) return false;
    return this.#connect(control);
  }

  /** Asks for a relay, then connects to it. @throws TunnelError */
  async setUpRelay(): Promise<void> {
    const { control } = await this.#agent;
    if (await setUpRelay(control)) await this.#connect(control);
  }

  async disconnect(): Promise<void> {
    const { control } = await this.#agent;
    const online = control.clients.filter((client) => client.online).length;
    if (online > 0 && !(await confirmDisconnect(online))) return;
    await this.#intent.remember(false);
    control.disconnect();
  }

  /** Tries now instead of at the end of the wait; from an error, connects anew. @throws TunnelError */
  async reconnect(): Promise<void> {
    const { control } = await this.#agent;
    const { state } = this.#bus.current;
    if (state === 'error' || state === 'disconnected') await this.connect();
    else control.reconnect();
  }

  async #connect(control: AgentControl): Promise<boolean> {
    await this.#intent.remember(true);
    const cancelling = new AbortController();
    const connecting = control.connect({ signal: cancelling.signal });
    const slow = this.#clock.after(SLOW_AFTER_MS, () => {
      showProgress(control.relay, connecting, cancelling);
    });
    try {
      await connecting;
      return true;
    } catch (error) {
      if (!cancelling.signal.aborted) throw TunnelError.from(error);
      await this.#intent.remember(false);
      control.disconnect();
      return false;
    } finally {
      slow.dispose();
    }
  }
}

/** Shows that it takes its time, with a way to cancel, until `connecting` has settled. */
function showProgress(relay: RelaySetting | undefined, connecting: Promise<void>, cancelling: AbortController): void {
  const host = relay ? new URL(relay.origin).host : '';
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Connecting to {0}', host), cancellable: true };
  void vscode.window.withProgress(options, async (_progress, token) => {
    token.onCancellationRequested(() => {
      cancelling.abort();
    });
    // whoever asked to connect hears how it ended
    await connecting.catch(() => undefined);
  });
}

async function confirmDisconnect(online: number): Promise<boolean> {
  const disconnect = vscode.l10n.t('Disconnect');
  const question =
    online === 1
      ? vscode.l10n.t('A browser is using this connection. Disconnect it?')
      : vscode.l10n.t('{0} browsers are using this connection. Disconnect them?', online);
  return (await vscode.window.showWarningMessage(question, { modal: true }, disconnect)) === disconnect;
}
