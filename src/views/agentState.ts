import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import { parseRelayUrl } from '../protocol/relayUrl.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { AgentReady } from './editorAgent.ts';
import { readSetting } from './userSettings.ts';

/**
 * What the views draw from: the bus, and the agent once it runs. Tells of each change by an event of its own, so that nothing has to be
 * asked again and again.
 */
export class AgentState implements Disposable {
  readonly bus: StatusEventBus;
  readonly #owned = new DisposableStore();
  readonly #changes = this.#owned.add(new Emitter<undefined>());
  #control: AgentControl | undefined;

  readonly onDidChange = this.#changes.event;

  constructor(bus: StatusEventBus, agent: AgentReady) {
    this.bus = bus;
    this.#owned.add(bus.statusStream(this.changed));
    agent.then(
      ({ control }) => {
        this.#follow(control);
      },
      () => {
        this.changed();
      },
    );
  }

  /** Undefined until the agent runs. */
  get control(): AgentControl | undefined {
    return this.#control;
  }

  /** Until the agent runs, what the user's setting says. */
  get relayConfigured(): boolean {
    return this.#control ? this.#control.relay !== undefined : readSetting('relay.url') !== '';
  }

  /** Host of the relay that the user's setting names while who leads uses another: what leads counts. */
  get otherRelay(): string | undefined {
    const { role = 'leads', relay } = this.#control ?? {};
    const text = readSetting('relay.url').trim();
    if (role === 'leads' || text === '') return undefined;
    try {
      const origin = parseRelayUrl(text);
      return origin === relay?.origin ? undefined : new URL(origin).host;
    } catch {
      return undefined; // whoever leads says what is wrong with an address
    }
  }

  /** Something that has no event of its own has changed, the relay's address for instance. */
  readonly changed = (): void => {
    this.#changes.fire(undefined);
  };

  dispose(): void {
    this.#owned.dispose();
  }

  #follow(control: AgentControl): void {
    if (this.#owned.isDisposed) return;
    this.#control = control;
    this.#owned.add(control.onDidChangeClients(this.changed));
    this.#owned.add(control.onDidChangeOllama(this.changed));
    this.changed();
  }
}
