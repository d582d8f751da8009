import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { AgentControl, RelaySetting } from '../protocol/agentControl.ts';
import { TunnelError } from '../protocol/errors.ts';
import { isLoopbackHost } from '../protocol/relayUrl.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { AgentReady } from './editorAgent.ts';
import type { ConnectionIntent } from './connectionIntent.ts';
import type { RelayInvitation } from './relayInvitation.ts';
import { setUpRelay, storeRelay, useRelay } from './setUpRelay.ts';
import { writeSetting } from './userSettings.ts';
import type { TrialRelay } from './trialRelay.ts';

/** A connection that takes longer is shown on its way, ms. */
const SLOW_AFTER_MS = 1_000;

export interface ConnectionOptions {
  readonly agent: AgentReady;
  readonly bus: StatusEventBus;
  readonly intent: ConnectionIntent;
  readonly clock: Clock;
  readonly trial: TrialRelay;
  /** Opens the page that tells how to put a relay on a server. */
  readonly openGuide: () => Promise<unknown>;
}

/** What people do about the connection. */
export class Connection {
  readonly #agent: AgentReady;
  readonly #bus: StatusEventBus;
  readonly #intent: ConnectionIntent;
  readonly #clock: Clock;
  readonly #trial: TrialRelay;
  readonly #openGuide: () => Promise<unknown>;

  constructor({ agent, bus, intent, clock, trial, openGuide }: ConnectionOptions) {
    this.#agent = agent;
    this.#bus = bus;
    this.#intent = intent;
    this.#clock = clock;
    this.#trial = trial;
    this.#openGuide = openGuide;
  }

  get isUp(): boolean {
    const { state } = this.#bus.current;
    return state === 'connected' || state === 'streaming';
  }

  /** Connects, by way of setting up a relay when there is none. Resolves to whether it is connected now. @throws TunnelError */
  async connect(): Promise<boolean> {
    if (this.isUp) return true;
    const { control } = await this.#agent;
    if (!control.relay && !(await this.#setUp(control))) return false;
    return this.#connect(control);
  }

  /** Asks for a relay, then connects to it. @throws TunnelError */
  async setUpRelay(): Promise<void> {
    const { control } = await this.#agent;
    if (await this.#setUp(control)) await this.#connect(control);
  }

  /** Takes a relay that the person was asked about, once it has taken this device in, and connects to it. @throws TunnelError */
  async join(invitation: RelayInvitation): Promise<void> {
    const { control } = await this.#agent;
    if (await useRelay(control, invitation)) await this.#connect(control);
  }

  /** Starts a relay on this computer and connects to it. @throws TunnelError */
  async startTrial(): Promise<void> {
    const { control } = await this.#agent;
    if (await this.#useTrial(control)) await this.#connect(control);
  }

  /** The trial relay at `origin` has ended. Nobody waits for it: its address stays, for the next one has it too. */
  async trialEnded(origin: string): Promise<void> {
    const { control } = await this.#agent;
    if (control.relay?.origin !== origin) return;
    await this.#intent.remember(false);
    control.disconnect();
  }

  /** Keeps nothing of the relay, should the person say so. @throws TunnelError */
  async forgetRelay(): Promise<void> {
    const { control } = await this.#agent;
    if (!control.relay || !(await confirmForgetting(control.relay))) return;
    if (control.relay.origin === this.#trial.origin) this.#trial.stop();
    await this.#intent.remember(false);
    await writeSetting('relay.url', ''); // first: the next start would take the address from there
    await control.forgetRelay();
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

  #setUp(control: AgentControl): Promise<boolean> {
    return setUpRelay(control, { startTrial: () => this.#useTrial(control), openGuide: this.#openGuide });
  }

  async #useTrial(control: AgentControl): Promise<boolean> {
    if (!this.#trial.isRunning && !(await confirmReplacing(control.relay))) return false;
    await storeRelay(control, await this.#trial.start(control));
    return true;
  }

  async #connect(control: AgentControl): Promise<boolean> {
    // a trial relay is not there at the next start
    await this.#intent.remember(control.relay?.origin !== this.#trial.origin);
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

async function confirmForgetting({ origin }: RelaySetting): Promise<boolean> {
  const t = vscode.l10n.t;
  const forget = t('Forget Relay');
  const detail = [
    t('The connection ends. The address of the relay and your invite are deleted from this computer: to come back you need both again.'),
    t('Paired browsers, API keys and chats are kept. They reach this computer again once this relay is set up again.'),
  ].join('\n\n');
  return (
    (await vscode.window.showWarningMessage(t('Forget the relay {0}?', new URL(origin).host), { modal: true, detail }, forget)) === forget
  );
}

/** One on this computer replaces its predecessor without a question. */
async function confirmReplacing(relay: RelaySetting | undefined): Promise<boolean> {
  if (!relay || isLoopbackHost(new URL(relay.origin).hostname)) return true;
  const t = vscode.l10n.t;
  const start = t('Start Trial Relay');
  const detail = t(
    'It takes the place of {0}, whose invite is forgotten. Only browsers on this computer reach it.',
    new URL(relay.origin).host,
  );
  return (await vscode.window.showWarningMessage(t('Start a trial relay on this computer?'), { modal: true, detail }, start)) === start;
}
