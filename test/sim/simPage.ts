import assert from 'node:assert/strict';
import type { DhKey } from '../../src/secure/crypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { TunnelChatPort } from '../../src/tunnel/tunnelChatPort.ts';
import { ChatController } from '../../src/ui/chatController.ts';
import type { ChatModel } from '../../src/ui/chatModel.ts';
import type { ViewState, ViewStorage } from '../../src/ui/viewStorage.ts';
import type { Restartable } from './faults.ts';
import { noteState, simLog } from './simLog.ts';
import { ReplyWatch } from './replyWatch.ts';
import { SIM_RELAY_ORIGIN } from './simNetwork.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimWorld } from './simWorld.ts';

/** What a browser keeps of a pairing. */
export interface SimPairing {
  readonly deviceKey: Uint8Array;
  readonly staticKey: DhKey;
  readonly psk: Uint8Array;
  readonly dialHash: Uint8Array;
}

/** One life of a page, from its loading to its leaving. */
export interface PageLife {
  readonly process: SimProcess;
  readonly tunnel: ClientTunnel;
  readonly port: TunnelChatPort;
  readonly controller: ChatController;
  readonly watch: ReplyWatch;
}

export interface SimPageOptions {
  readonly name: string;
  readonly conversationId: string;
  readonly pairing: SimPairing;
  /** The browser's curve answers later, as Web Crypto does. */
  readonly hasSlowCurve: boolean;
  /** Hears every new picture. */
  onShown(model: ChatModel): void;
}

/** A tab: tunnel, port, controller and model as the page has them, and a painter that draws after a while. */
export class SimPage implements Restartable {
  readonly name: string;
  readonly #world: SimWorld;
  readonly #options: SimPageOptions;
  #kept: ViewState | undefined;
  #life: PageLife | undefined;

  constructor(world: SimWorld, options: SimPageOptions) {
    this.#world = world;
    this.#options = options;
    this.name = options.name;
  }

  get life(): PageLife | undefined {
    return this.#life;
  }

  process(): SimProcess | undefined {
    return this.#life?.process;
  }

  start(): void {
    if (this.#life) return;
    const process = this.#world.newProcess(this.name);
    const { pairing, hasSlowCurve, conversationId } = this.#options;
    const tunnel = new ClientTunnel({
      dial: this.#world.network.dialFor(process),
      clock: process,
      random: this.#world.entropy,
      crypto: hasSlowCurve ? slowCurve(this.#world, process) : this.#world.crypto,
      pairing: {
        ...pairing,
        origin: SIM_RELAY_ORIGIN,
        staticKey: hasSlowCurve ? slowKey(this.#world, process, pairing.staticKey) : pairing.staticKey,
      },
    });
    const port = new TunnelChatPort(tunnel, simLog(this.#world, this.name));
    const watch = new ReplyWatch(conversationId);
    port.onReply(
      this.#world.check((reply) => {
        watch.take(reply);
      }),
    );
    const controller = new ChatController({ port, clock: process, random: this.#world.entropy, storage: this.#storage(), conversationId });
    this.#life = { process, tunnel, port, controller, watch };
    this.#follow(this.#life);
    tunnel.supervisor.start();
    controller.start();
    this.#world.note(this.name, 'loads');
  }

  setVisible(visible: boolean): void {
    const life = this.#life;
    life?.process.deliver(() => {
      life.tunnel.isVisible = visible;
    });
  }

  kill(quietly: boolean): void {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    this.#world.note(this.name, 'is left');
    life.process.kill();
    this.#world.network.leave(life.process, quietly);
  }

  wake(): void {
    this.#life?.tunnel.supervisor.wake();
  }

  reconnect(): void {
    this.#life?.tunnel.supervisor.reconnect();
  }

  /** Ends it as its page does. */
  close(): void {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    life.controller.dispose();
    life.port.dispose();
    life.tunnel.dispose();
    assert.equal(life.process.pendingTimers, 0, `${this.name} leaves timers behind`);
    life.process.kill();
  }

  #follow({ process, tunnel, controller }: PageLife): void {
    let isPainting = false;
    const paintMs = this.#world.between(4, 40);
    controller.onDidChange(
      this.#world.check((model) => {
        assert.notEqual(model.conversation.phase, 'resyncing', `${this.name} has lost its place`);
        this.#options.onShown(model);
      }),
    );
    controller.onDidChange(() => {
      if (isPainting) return;
      isPainting = true;
      this.#world.in(paintMs, () => {
        process.deliver(() => {
          isPainting = false;
          controller.drawn(controller.model);
        });
      });
    });
    tunnel.supervisor.onDidChange((state) => {
      noteState(this.#world, this.name, state);
    });
  }

  #storage(): ViewStorage {
    return {
      load: () => this.#kept,
      save: (state) => {
        this.#kept = state;
      },
    };
  }
}

function slowKey(world: SimWorld, process: SimProcess, key: DhKey): DhKey {
  return {
    publicKey: key.publicKey,
    dh: (remote) =>
      new Promise((resolve) => {
        world.in(world.between(0, 30), () => {
          process.deliver(() => {
            resolve(key.dh(remote));
          });
        });
      }),
  };
}

function slowCurve(world: SimWorld, process: SimProcess): SimWorld['crypto'] {
  return { ...world.crypto, importKey: (privateKey) => slowKey(world, process, world.crypto.importKey(privateKey)) };
}
