import assert from 'node:assert/strict';
import { toBase64url } from '../../src/base/bytes.ts';
import { MACHINE_OWNER } from '../../src/conversation/ports.ts';
import type { ChatMessage } from '../../src/protocol/chatMessage.ts';
import { CHECKPOINT_INTERVAL_MS, DETACHED_MUX_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import type { ChatModel } from '../../src/ui/chatModel.ts';
import { checkStore, checkView } from './chatChecks.ts';
import { checkBounds } from './bounds.ts';
import { doFault, sleepLong, strike, type FaultTargets } from './faults.ts';
import { pairByCeremony } from './pairByCeremony.ts';
import { SimDevice } from './simDevice.ts';
import { SimPage, type SimPairing } from './simPage.ts';
import { SimPerson } from './simPerson.ts';
import type { SimProcess } from './simProcess.ts';
import { SimWorld } from './simWorld.ts';

/** Everything stands again so long after the last fault: a half-open line is found within 25 s, and dialled anew within some more. */
const RECOVERY_MS = 60_000;
/** What was half-open at a relay alone is given up after this, ms. */
const SILENCE_MS = 40_000;
/** A world that needs more has a storm in it. */
const MAX_DIALS = 600;

/** A device with its chats, a relay, and one or two tabs in which somebody asks. */
export class ChatWorld extends SimWorld {
  readonly device = new SimDevice(this);
  readonly pages: SimPage[] = [];
  recoveryMs = 0;
  readonly conversationId = toBase64url(this.entropy.bytes(16));

  /** Lives through some turns and faults, then until quiet. @throws when anything is not as it should be */
  async live(): Promise<void> {
    this.device.onKilled = (process) => {
      this.#checkCheckpoints(process);
    };
    this.device.start();
    await this.#makePages();
    const isLeftAlone = this.chance.float() < 0.04;
    const windowMs = this.chooseWindow();
    const endsAt = this.time.now + windowMs;
    this.time.onStep = () => {
      this.#checkStep();
    };
    const person = new SimPerson(this, this.device, this.pages, this.between(1, 5), () => {
      if (this.isStruckAtQuestions && this.chance.float() < 0.25) this.#strikeSoon(endsAt);
    });
    this.befall(windowMs);
    if (isLeftAlone && this.isStruckAtQuestions) this.#leaveAlone(this.chance.int(windowMs));
    this.onWindow(windowMs);
    await this.time.run(endsAt);
    await this.time.run(this.healedAt);
    await this.#runUntil(this.time.now + RECOVERY_MS, () => this.#isSound(), 'connected');
    this.recoveryMs = this.time.now - this.healedAt;
    await this.#runUntil(this.time.now + 4 * (RECOVERY_MS + this.device.models.longestMs), () => person.isDone, 'through with the turns');
    await this.#runUntil(this.time.now + RECOVERY_MS, () => this.#isQuiet(), 'quiet');
    person.isGone = true;
    checkStore(this, person.questions);
    await this.time.run(this.time.now + SILENCE_MS);
    this.#checkLinks();
    await this.#end();
  }

  /** Is a question the moment at which something happens? */
  protected get isStruckAtQuestions(): boolean {
    return true;
  }

  /** How long faults befall the world, ms. */
  protected chooseWindow(): number {
    return this.between(1_000, 30_000);
  }

  /** Plans what befalls the world within that time. */
  protected befall(windowMs: number): void {
    for (let left = this.chance.int(11); left > 0; left--) {
      this.in(this.chance.int(windowMs), () => {
        doFault(this, this.#targets);
      });
    }
  }

  /** The time in which faults befall the world begins: more than chance may be planned for it. */
  protected onWindow(_windowMs: number): void {
    return;
  }

  get messages(): readonly ChatMessage[] {
    return this.device.conversations.messages(MACHINE_OWNER, this.conversationId, { limit: 1_000 }).messages;
  }

  get #targets(): FaultTargets {
    return { device: this.device, clients: this.pages };
  }

  /** Something befalls it in the moment after a question, when most is under way. */
  #strikeSoon(endsAt: number): void {
    const at = this.time.now + this.chance.int(400);
    if (at >= endsAt) return;
    this.time.at(at, () => {
      strike(this, this.#targets);
    });
  }

  /** A lid is closed for long: the device forgets the mux meanwhile, or the pages wait for the device. */
  #leaveAlone(inMs: number): void {
    this.in(inMs, () => {
      const isDevice = this.chance.float() < 0.3;
      const ms = sleepLong(this, isDevice ? this.device.process() : this.pages[0]?.process());
      if (ms > 0) this.countFault(`${isDevice ? 'device' : 'client'} sleeps for ${ms > DETACHED_MUX_LIFETIME_MS ? 'hours' : 'minutes'}`);
    });
  }

  async #makePages(): Promise<void> {
    const isByCeremony = this.chance.float() < 0.1;
    const pairing = isByCeremony ? await pairByCeremony(this, this.device) : this.#pairDirectly();
    const hasSlowCurve = this.chance.float() < 0.3;
    const addPage = (of: SimPairing): void => {
      const name = `page${String(this.pages.length)}`;
      const onShown = (model: ChatModel): void => {
        checkView(this, model);
      };
      const page = new SimPage(this, { name, conversationId: this.conversationId, pairing: of, hasSlowCurve, onShown });
      this.pages.push(page);
      page.start();
    };
    addPage(pairing);
    // A pairing that is never used within ten minutes is void: DESIGN, section 4.
    if (isByCeremony) await this.#runUntil(this.time.now + RECOVERY_MS, () => this.#isConnected(), 'connected after the pairing');
    const second = this.chance.float();
    if (second < 0.25) addPage(pairing);
    else if (second < 0.4) addPage(this.#pairDirectly());
  }

  #pairDirectly(): SimPairing {
    const staticKey = this.crypto.importKey(this.entropy.bytes(32));
    const { psk, dialHash } = deriveClient(this.crypto, this.entropy.bytes(32));
    const who = { id: toBase64url(this.entropy.bytes(16)), name: 'Firefox', kind: 'page', scope: 'chat', owner: MACHINE_OWNER } as const;
    const at = this.device.process()?.now() ?? 0;
    const times = { pairedAt: at, lastSeenAt: at };
    this.device.devices.saveClient({ ...who, publicKey: staticKey.publicKey, psk, dialHash, state: 'active', ...times });
    // As if it had been paired before: the running agent reads its clients at its start.
    this.device.kill(false);
    this.device.start();
    return { deviceKey: this.device.identity.publicKey, staticKey, psk, dialHash };
  }

  async #runUntil(deadline: number, isDone: () => boolean, what: string): Promise<void> {
    while (!isDone()) {
      if (this.time.now >= deadline) assert.fail(`not ${what}: ${this.#whereItStands()}`);
      await this.time.run(this.time.now + 200);
      assert.ok(this.network.dials <= MAX_DIALS, `${String(this.network.dials)} dials`);
    }
  }

  #whereItStands(): string {
    const pages = this.pages.map(({ name, life }) => {
      const model = life?.controller.model;
      const last = model?.conversation.messages.at(-1);
      return `${name} ${String(life?.tunnel.supervisor.state.kind)} ${String(model?.conversation.phase)} ${String(model?.conversation.messages.length)} messages, last ${String(last?.state)} ${String(last?.text.length)}`;
    });
    const last = this.messages.at(-1);
    return `${pages.join('; ')}; device ${String(this.device.agent?.tunnel.state)}, ${String(this.messages.length)} messages, last ${String(last?.state)} ${String(last?.text.length)}`;
  }

  #isConnected(): boolean {
    const isUp = ({ life }: SimPage): boolean => {
      const kind = life?.tunnel.supervisor.state.kind;
      return kind === 'connected' || kind === 'streaming';
    };
    return this.pages.every(isUp) && (this.device.agent?.tunnel.state === 'connected' || this.device.agent?.tunnel.state === 'streaming');
  }

  #isQuiet(): boolean {
    return this.#isConnected() && this.pages.every((page) => this.#showsTheTruth(page));
  }

  /** What the view shows is what the store holds. */
  #showsTheTruth({ life }: SimPage): boolean {
    const { conversation, pending, stopping } = life?.controller.model ?? {};
    if (conversation?.phase !== 'ready' || pending?.length !== 0 || stopping) return false;
    const stored = this.messages;
    return (
      conversation.messages.length === stored.length &&
      conversation.messages.every(({ id, role, text, state, error }, at) => {
        const other = stored[at];
        return id === other?.id && role === other.role && text === other.text && state === other.state && error === other.error;
      })
    );
  }

  /** Connected, and nobody believes in a line that is dead. */
  #isSound(): boolean {
    return this.#isConnected() && !this.network.isDeceiving;
  }

  #checkStep(): void {
    checkBounds(this);
    for (const { name, life } of this.pages) {
      const streams = life?.tunnel.mux.streamCount ?? 0;
      if (streams > 2) throw new Error(`${name} has ${String(streams)} streams`);
    }
  }

  /** The relay holds what is there, and nothing of what was. */
  #checkLinks(): void {
    const { devices, deviceLinks, clientLinks, circuits, parkedDials } = this.relayCounts;
    const tabs = this.pages.length;
    assert.deepEqual(
      { devices, deviceLinks, clientLinks, circuits, parkedDials },
      { devices: 1, deviceLinks: 1, clientLinks: tabs, circuits: tabs, parkedDials: 0 },
      'the relay keeps what is no more',
    );
  }

  /** What was said longer ago than a checkpoint takes is on the disk. */
  #checkCheckpoints(process: SimProcess): void {
    const kept = new Map(this.messages.map((message, at, all) => [all[at - 1]?.text, message.text]));
    for (const run of this.device.models.runs.values()) {
      if (run.process !== process || run.end !== undefined) continue;
      const least = run.lengthAt(process.awakeMs - CHECKPOINT_INTERVAL_MS - 1) - 1; // half a character may still wait for its other half
      const text = kept.get(run.prompt) ?? '';
      assert.ok(text.length >= least, `killed with ${String(text.length)} of at least ${String(least)} units stored`);
    }
  }

  /** Everybody leaves as programs do, and nothing is left. */
  async #end(): Promise<void> {
    for (const page of this.pages) page.close();
    await this.time.run(this.time.now + DETACHED_MUX_LIFETIME_MS + SILENCE_MS);
    assert.deepEqual(
      this.device.agent?.clients.filter(({ online }) => online),
      [],
      'a client that has left is online',
    );
    this.device.quit();
    await this.time.run(this.time.now + SILENCE_MS);
    this.endRelays();
  }
}
