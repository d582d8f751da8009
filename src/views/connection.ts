import * as vscode from 'vscode';
import type { AgentControl } from '../protocol/agentControl.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import { toSignal } from './abort.ts';
import type { AgentReady } from './editorAgent.ts';
import type { ConnectionIntent } from './connectionIntent.ts';
import { setUpRelay } from './setUpRelay.ts';

/** What people do about the connection. */
export class Connection {
  readonly #agent: AgentReady;
  readonly #bus: StatusEventBus;
  readonly #intent: ConnectionIntent;

  constructor(agent: AgentReady, bus: StatusEventBus, intent: ConnectionIntent) {
    this.#agent = agent;
    this.#bus = bus;
    this.#intent = intent;
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
    const host = control.relay ? new URL(control.relay.origin).host : '';
    const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Connecting to {0}', host), cancellable: true };
    return vscode.window.withProgress(options, async (_progress, token) => {
      const signal = toSignal(token);
      try {
        await control.connect({ signal });
        return true;
      } catch (error) {
        if (!signal.aborted) throw TunnelError.from(error);
        await this.#intent.remember(false);
        control.disconnect();
        return false;
      }
    });
  }
}

async function confirmDisconnect(online: number): Promise<boolean> {
  const disconnect = vscode.l10n.t('Disconnect');
  const question =
    online === 1
      ? vscode.l10n.t('A browser is using this connection. Disconnect it?')
      : vscode.l10n.t('{0} browsers are using this connection. Disconnect them?', online);
  return (await vscode.window.showWarningMessage(question, { modal: true }, disconnect)) === disconnect;
}
