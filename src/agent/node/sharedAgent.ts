import type { Clock } from '../../base/clock.ts';
import { deferred } from '../../base/deferred.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Random } from '../../base/random.ts';
import { ownersFiles } from '../../conversation/chatFiles.ts';
import type { ChatFiles } from '../../protocol/chatFiles.ts';
import type { ChatPort } from '../../protocol/chatPort.ts';
import { TunnelError, type ErrorCode } from '../../protocol/errors.ts';
import type { ConnectionStatusEvent } from '../../protocol/status.ts';
import { PRODUCT_VERSION } from '../../protocol/versions.ts';
import { ownSource } from '../controlSource.ts';
import { SharedControl } from '../sharedControl.ts';
import { createNodeAgent, type NodeAgent, type NodeAgentOptions } from './createNodeAgent.ts';
import { followersFiles } from './followersFiles.ts';
import { History } from './history.ts';
import { isNewer } from './isNewer.ts';
import { LeaderLink, type LinkEvent } from './leaderLink.ts';
import type { LeaderFace } from './leaderPipe.ts';
import { openPipe } from './openPipe.ts';
import type { Seat } from './seat.ts';
import { SharedChatPort } from './sharedChatPort.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';
import { whenIdle } from './whenIdle.ts';

/** Between two tries to lead or to follow while neither works, ms: at first, and later. */
const TRY_MS = 50;
const TRY_LATER_MS = 500;
/** How long tries are made often, ms. */
const OFTEN_MS = 5_000;
/** Followers of one leader try at a random time within this, ms. */
const JITTER_MS = 50;
/** Neither led nor followed for so long: the status says so, ms. */
const SAY_AFTER_MS = 1_000;
/** How long a leader that was asked to go leaves the lock to whoever asked, ms. */
const YIELD_MS = 3_000;

export interface SharedAgentOptions extends Omit<NodeAgentOptions, 'face'> {
  readonly clock: Clock;
  readonly random: Random;
  readonly face: Omit<LeaderFace, 'onReleaseAsked'>;
  /** The program that leads does not answer. */
  readonly onStuck?: (error: TunnelError) => void;
}

/**
 * The agent of this machine as one of several programs has it: leads when nobody does, else follows whoever does, and takes over when that
 * one goes. Control, chats and ports are the same objects throughout.
 */
export class SharedAgent implements Disposable {
  readonly control: SharedControl;
  readonly chats: ChatFiles;
  readonly #options: SharedAgentOptions;
  readonly #owned = new DisposableStore();
  readonly #seatChanged = this.#owned.add(new Emitter<Seat>());
  readonly #ready = deferred<SharedAgent>();
  #folder: StateFolder | undefined;
  #seat: Seat = { kind: 'seeking' };
  #seekingSince: number;
  #next: Disposable = toDisposable(() => undefined);
  /** Until then it does not try to lead. */
  #yieldsUntil = 0;
  /** How the connection was at the last leader, for whoever takes over. */
  #inherited: ConnectionStatusEvent | undefined;

  readonly onDidChangeSeat = this.#seatChanged.event;

  constructor(options: SharedAgentOptions) {
    const { clock, bus, log } = options;
    this.#options = options;
    this.#seekingSince = clock.monotonic();
    this.control = this.#owned.add(new SharedControl(bus, log));
    this.chats = {
      exportChat: (...asked) => this.#files().exportChat(...asked),
      importChats: (...asked) => this.#files().importChats(...asked),
    };
    this.#seekAfter(0);
  }

  /** Resolves once it leads or follows, or says that it can do neither. Rejects when the agent cannot run here: `storeFailed`, `identityLost`, … */
  get ready(): Promise<SharedAgent> {
    return this.#ready.promise;
  }

  get seat(): Seat {
    return this.#seat;
  }

  /** The agent of this process, while it leads. */
  get node(): NodeAgent | undefined {
    return this.#seat.kind === 'leads' ? this.#seat.node : undefined;
  }

  /** A line to the hub for a view of this program. Whoever asked for it ends it. */
  createChatPort(): ChatPort {
    const { clock, log, face } = this.#options;
    return new SharedChatPort({ clock, log, versions: face.versions, seat: () => this.#seat, onDidChangeSeat: this.onDidChangeSeat });
  }

  dispose(): void {
    if (this.#owned.isDisposed) return;
    this.#next.dispose();
    this.#owned.dispose();
    leave(this.#seat);
  }

  #seekAfter(delayMs: number): void {
    this.#next.dispose();
    this.#next = this.#options.clock.after(delayMs, () => {
      this.#seek();
    });
  }

  #seekAgain(): void {
    const { clock, random } = this.#options;
    const since = clock.monotonic() - this.#seekingSince;
    if (this.#seat.kind === 'seeking' && since > SAY_AFTER_MS) this.#say('anotherLeads');
    this.#seekAfter((since < OFTEN_MS ? TRY_MS : TRY_LATER_MS) + random.float() * JITTER_MS);
  }

  #seek(): void {
    try {
      if (this.#options.clock.monotonic() < this.#yieldsUntil) this.#follow();
      else this.#lead();
    } catch (error) {
      const known = TunnelError.from(error);
      if (known.code === 'anotherLeads') this.#follow();
      else this.#fail(known);
    }
  }

  #lead(): void {
    const { face, bus, log } = this.#options;
    const onReleaseAsked = (): void => {
      this.#drain(node);
    };
    const node: NodeAgent = createNodeAgent({ ...this.#options, face: { ...face, ...(face.role === 'window' && { onReleaseAsked }) } });
    this.#sit({ kind: 'leads', node });
    this.control.use(ownSource(node.agent, node.desk));
    const was = this.#inherited;
    if (was) log.info('leads now', { connection: was.state });
    // what was on the bus was of another agent, or of none
    if (bus.current.state !== 'disconnected' || bus.current.error !== undefined) this.#publish({ state: 'disconnected' });
    this.#ready.resolve(this);
    // What people wanted of the connection goes on.
    if (was && was.state !== 'disconnected' && was.state !== 'error') node.agent.connect().catch(() => undefined);
    this.#inherited = undefined;
  }

  #follow(): void {
    const { clock, log, face } = this.#options;
    this.#folder ??= new StateFolder(this.#options.stateFolder ?? defaultStateFolder());
    const leader = this.#folder.readLeader();
    if (!leader) {
      this.#seekAgain();
      return;
    }
    const link = new LeaderLink({ leader, clock, log, versions: face.versions });
    this.#next = link;
    link.onEvent((event) => {
      this.#onLink(link, event);
    });
  }

  #onLink(link: LeaderLink, event: LinkEvent): void {
    switch (event.kind) {
      case 'up':
        this.#sit({ kind: 'follows', link });
        this.control.use(link);
        if (link.event) this.#mirror(link.event);
        this.#ready.resolve(this);
        this.#askForRelease(link);
        return;
      case 'status':
        this.#mirror(event.event);
        return;
      case 'stuck':
        this.#onStuck(link);
        return;
      case 'closed':
        if (event.refused !== undefined) this.#refuse(new TunnelError(event.refused));
        else if (this.#seat.kind !== 'seeking' && this.#seat.kind !== 'refused') {
          this.#sit({ kind: 'seeking' });
          this.control.refuse(new TunnelError('deviceRestarted'));
          // the background agent has asked for the place; windows that followed too come after it
          this.#seekAfter(this.#options.face.role === 'agent' ? 0 : this.#options.random.float() * JITTER_MS);
          return;
        }
        this.#seekAgain();
    }
  }

  #onStuck(link: LeaderLink): void {
    const { clock, random, log, onStuck } = this.#options;
    const { name, pid } = link.leader;
    const error = new TunnelError('leaderStuck', `${name}, process ${String(pid)}`);
    let history: History | undefined;
    try {
      const file = this.#folder?.conversationsFile;
      if (file !== undefined) history = new History(file, { clock, random, log, deviceName: this.control.deviceName });
    } catch (cause) {
      log.warn('the chats cannot be read meanwhile', { code: TunnelError.from(cause).code });
    }
    log.warn('the window that leads does not answer', { name, pid });
    this.#sit({ kind: 'stuck', link, error, ...(history && { history }) });
    this.control.refuse(error);
    this.#say('leaderStuck');
    this.#ready.resolve(this);
    onStuck?.(error);
  }

  #refuse(error: TunnelError): void {
    if (this.#seat.kind !== 'refused' || this.#seat.error.code !== error.code) this.#sit({ kind: 'refused', error });
    this.control.refuse(error);
    this.#say(error.code);
    this.#ready.resolve(this);
  }

  /** The agent cannot run here, whoever leads. */
  #fail(error: TunnelError): void {
    this.#sit({ kind: 'refused', error });
    this.control.refuse(error);
    this.#publish({ state: 'error', error: error.code });
    this.#ready.reject(error);
  }

  /** A newer window leads, and the background agent does: it stays when windows go. Whoever leads is asked to finish and to go. */
  #askForRelease({ product, leader }: LeaderLink): void {
    const { log, face } = this.#options;
    const own = face.versions?.product ?? PRODUCT_VERSION;
    if (product === undefined || leader.role !== 'window') return;
    if (!isNewer(own, product) && !(face.role === 'agent' && product === own)) return;
    log.info('the window that leads is asked to let this program lead', { product });
    openPipe(leader.address, 'release', { log, versions: face.versions, from: face.role }, (_answer, line) => {
      line.dispose();
    });
  }

  /** Finishes what runs, then goes. */
  #drain(node: NodeAgent): void {
    const { clock, log } = this.#options;
    if (this.#draining || this.node !== node) return;
    log.info('a newer window wants to lead', { running: node.agent.runningStreams });
    this.#draining = this.#owned.add(
      whenIdle(node.agent, clock, () => {
        this.#draining = undefined;
        this.#inherited = this.#options.bus.current;
        this.#yieldsUntil = clock.monotonic() + YIELD_MS;
        this.#sit({ kind: 'seeking' });
        this.control.refuse(new TunnelError('deviceRestarted'));
        this.#seekAfter(TRY_MS);
      }),
    );
  }

  #draining: Disposable | undefined;

  #sit(seat: Seat): void {
    const before = this.#seat;
    if (this.#owned.isDisposed) {
      leave(seat);
      return;
    }
    if (seat.kind === 'seeking' || seat.kind === 'refused') this.#seekingSince = this.#options.clock.monotonic();
    this.#seat = seat;
    this.#seatChanged.fire(seat);
    if (before.kind === 'leads') before.node.dispose();
    if (before.kind === 'stuck') before.history?.dispose();
  }

  #files(): ChatFiles {
    const { clock, random } = this.#options;
    return this.node ? ownersFiles(this.node.agent.hub) : followersFiles(() => this.createChatPort(), clock, random);
  }

  #mirror(event: ConnectionStatusEvent): void {
    this.#inherited = event;
    const { state, error, endpoint } = this.#options.bus.current;
    if (state === event.state && error === event.error && endpoint === event.endpoint) return;
    this.#options.bus.publishStatus(event);
  }

  #say(error: ErrorCode): void {
    const { current } = this.#options.bus;
    const state = error === 'anotherLeads' ? 'disconnected' : 'error';
    if (current.error !== error || current.state !== state) this.#publish({ state, error });
  }

  #publish(event: Omit<ConnectionStatusEvent, 'timestamp'>): void {
    this.#options.bus.publishStatus({ ...event, timestamp: this.#options.clock.now() });
  }
}

function leave(seat: Seat): void {
  if (seat.kind === 'leads') seat.node.dispose();
  if (seat.kind === 'follows' || seat.kind === 'stuck') seat.link.dispose();
  if (seat.kind === 'stuck') seat.history?.dispose();
}
