import assert from 'node:assert/strict';
import type { ChatMessage } from '../../src/protocol/chatMessage.ts';
import type { ChatPort } from '../../src/protocol/chatPort.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { TunnelChatPort } from '../../src/tunnel/tunnelChatPort.ts';
import { ChatController } from '../../src/ui/chatController.ts';
import type { ChatModel } from '../../src/ui/chatModel.ts';
import type { Conversation } from '../../src/ui/conversationModel.ts';
import type { ViewState } from '../../src/ui/viewStorage.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { oftenActs, RandomPerson, type Act } from './randomPerson.ts';

const befalls = ['hide', 'show', 'drop', 'reconnect'] as const;
export type ViewEvent = Act | (typeof befalls)[number];
const events: readonly ViewEvent[] = [...oftenActs, ...befalls];

/** Longest pause after an event, ms: an answer takes about as long. */
const MAX_PAUSE_MS = 60;
/** What a line needs to be found dead and dialled anew, ms. */
const RECOVERY_MS = 60_000;

/** A line to the hub that begins anew with each page. */
interface Line {
  readonly port: ChatPort;
  end(): void;
}

/** A view as its host has it: hidden it is gone, shown it is a new page that remembers what pages keep. */
class HostedView {
  readonly name: string;
  readonly #world: AgentWorld;
  readonly #dial: () => Line;
  #kept: ViewState | undefined;
  #line: Line | undefined;
  #controller: ChatController | undefined;

  constructor(name: string, world: AgentWorld, dial: () => Line) {
    this.name = name;
    this.#world = world;
    this.#dial = dial;
  }

  get controller(): ChatController | undefined {
    return this.#controller;
  }

  show(): void {
    if (this.#controller) return;
    const line = this.#dial();
    const { clock, random } = this.#world;
    const storage = {
      load: () => this.#kept,
      save: (state: ViewState): void => {
        this.#kept = state;
      },
    };
    const controller = new ChatController({ port: line.port, clock, random, storage });
    let isPainting = false;
    controller.onDidChange(({ conversation }) => {
      assert.notEqual(conversation.phase, 'resyncing', `${this.name} has lost its place`);
      if (isPainting) return;
      isPainting = true;
      clock.after(16, () => {
        isPainting = false;
        if (this.#controller === controller) controller.drawn(controller.model);
      });
    });
    this.#line = line;
    this.#controller = controller;
    controller.start();
  }

  hide(): void {
    this.#controller?.dispose();
    this.#line?.end();
    this.#controller = undefined;
    this.#line = undefined;
  }
}

/** What a person sees of a chat, and of the list of chats. */
function pictureOf({ conversation, conversations, deleted }: ChatModel): unknown {
  const row = ({ id, title, running }: { id: string; title: string; running: boolean }): unknown => ({ id, title, running });
  return {
    id: conversation.id,
    phase: conversation.phase,
    title: conversation.title,
    messages: conversation.messages.map(({ id, role, text, state, model, error, siblings }) => ({
      id,
      role,
      text,
      state,
      model,
      error,
      siblings,
    })),
    chats: conversations?.map(row),
    bin: deleted?.map(row),
  };
}

/**
 * A panel in the device's own process and a page behind relay and tunnel, over one hub, and everything that people and lines do to them. The
 * same seed makes the same run.
 */
export class EqualViews {
  readonly world = new AgentWorld();
  /** How often each event did something. */
  readonly done = new Map<ViewEvent, number>();
  /** What the last walk has compared. */
  chats = 0;
  messages = 0;
  siblings = 0;
  readonly #chance: SeededRandom;
  readonly #views: HostedView[] = [];
  readonly #person: RandomPerson;

  constructor(seed: number) {
    this.#chance = new SeededRandom(seed);
    this.#person = new RandomPerson(this.#chance);
    const { models } = this.world;
    models.answer = ({ messages }, index) => {
      const words = Array.from({ length: 1 + ((index * 7) % 40) }, (_, i) => ` word${String(i)}`);
      return { pieces: [`Answer ${String(index)} to ${messages.at(-1)?.content ?? ''}:`, ...words] };
    };
  }

  /** Lives through `count` events, then lets everything come to rest and compares. */
  async live(count: number): Promise<void> {
    await this.world.start();
    await this.#open();
    for (let left = count; left > 0;) {
      const kind = this.#person.pick(events) ?? 'ask';
      if (!this.#happen(kind)) continue;
      left -= 1;
      this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
      await this.world.clock.advance(this.#chance.int(MAX_PAUSE_MS));
    }
    this.#reconnect();
    for (const view of this.#views) view.show();
    await this.world.clock.advance(RECOVERY_MS);
    await this.#compare();
  }

  dispose(): void {
    for (const view of this.#views) view.hide();
    this.world.dispose();
  }

  async #open(): Promise<void> {
    const { world } = this;
    const { root, staticKey } = await world.pair(true);
    const { psk, dialHash } = deriveClient(nodeCrypto, root);
    const pairing = { origin: MEMORY_RELAY_ORIGIN, deviceKey: world.identity.publicKey, staticKey, psk, dialHash };
    const panel = (): Line => {
      const port = world.agent.createChatPort();
      return {
        port,
        end: () => {
          port.dispose();
        },
      };
    };
    const page = (): Line => {
      const { clock, random } = world;
      const tunnel = new ClientTunnel({ dial: world.network.dial, clock, random, crypto: nodeCrypto, pairing });
      const port = new TunnelChatPort(tunnel);
      tunnel.supervisor.start();
      return {
        port,
        end: () => {
          port.dispose();
          tunnel.dispose();
        },
      };
    };
    this.#views.push(new HostedView('panel', world, panel), new HostedView('page', world, page));
    for (const view of this.#views) view.show();
    await world.clock.advance(500);
  }

  /** @returns whether it could happen now */
  #happen(kind: ViewEvent): boolean {
    const view = this.#person.pick(this.#views);
    switch (kind) {
      case 'drop':
        this.#drop();
        return true;
      case 'reconnect':
        this.#reconnect();
        return true;
      case 'hide':
        if (!view?.controller || this.#views.some(({ controller }) => !controller)) return false;
        view.hide();
        return true;
      case 'show': {
        const hidden = this.#views.find(({ controller }) => !controller);
        hidden?.show();
        return hidden !== undefined;
      }
      default:
        return view?.controller !== undefined && this.#person.act(view.controller, kind);
    }
  }

  #drop(): void {
    const { network } = this.world;
    const how = this.#chance.float();
    if (how < 0.5) for (const line of network.lines) line.cut();
    else if (how < 0.75) network.killRelay();
    else network.isDark = true;
  }

  #reconnect(): void {
    const { network } = this.world;
    network.isDark = false;
    network.startRelay();
  }

  /** Walks both views through every chat, and compares what they show with each other and with what is stored. */
  async #compare(): Promise<void> {
    const [panel, page] = this.#views.map(({ controller }) => controller);
    assert.ok(panel && page);
    assert.equal(this.world.models.running, 0, 'an answer is still being written');
    const chats = panel.model.conversations?.map(({ id }) => id) ?? [];
    for (const controller of [panel, page]) controller.showBin(true);
    for (const id of chats) {
      for (const controller of [panel, page]) controller.open(id);
      await this.world.clock.advance(1_000);
      while ([panel, page].some(({ model }) => model.conversation.more)) {
        for (const controller of [panel, page]) controller.loadOlder();
        await this.world.clock.advance(1_000);
      }
      assert.deepEqual(pictureOf(page.model), pictureOf(panel.model));
      const shown: Conversation = panel.model.conversation;
      assert.equal(shown.phase, 'ready');
      assert.equal(shown.title, panel.model.conversations?.find((chat) => chat.id === id)?.title);
      const stored = this.world.conversations.messages('owner', id, { limit: 1_000 }).messages;
      const told = ({ id: name, role, text, state, siblings }: ChatMessage): unknown => ({ name, role, text, state, siblings });
      assert.deepEqual(shown.messages.map(told), stored.map(told));
      this.chats += 1;
      this.messages += shown.messages.length;
      this.siblings += shown.messages.filter(({ siblings }) => siblings !== undefined).length;
    }
    for (const { model } of [panel, page]) {
      // A question that waited its turn in a chat that somebody else has deleted waits for that to come back.
      const waiting = model.pending.filter(({ conversationId }) => chats.includes(conversationId));
      assert.deepEqual([waiting, model.stopping, model.asked], [[], undefined, undefined]);
    }
  }
}
