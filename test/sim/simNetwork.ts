import type { DialLink } from '../../src/protocol/linkSocket.ts';
import { MAX_CLIENT_BACKLOG_BYTES, MAX_LINK_MESSAGE_BYTES, MAX_SOCKET_BACKLOG_BYTES } from '../../src/protocol/limits.ts';
import type { RelayCore } from '../../src/relay/relayCore.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';
import type { HostileRelay } from './hostileRelay.ts';
import type { NodeBus } from './simBus.ts';
import type { SimProcess } from './simProcess.ts';
import { SimSocket } from './simSocket.ts';
import type { SimTime } from './simTime.ts';

export const SIM_RELAY_ORIGIN = 'http://127.0.0.1:8787';

/** How often a dial is led to a node that lives, where one does: what stands before them learns late of a death. */
const WELL_LED = 0.9;
const WINDOWS_BYTES = [4_096, 16_384, 65_536, 262_144];

/** A line between a process and the relay. */
export interface SimLine {
  readonly near: SimSocket;
  readonly far: SimSocket;
  readonly role: 'client' | 'device';
  /** What the network takes before a sender's own queue grows. */
  readonly windowBytes: number;
}

/** One node of the relay, alive. */
export interface RelayNode {
  readonly process: SimProcess;
  readonly core: RelayCore;
  readonly bus: NodeBus;
}

/** The lines of the world, and what befalls them. */
export class SimNetwork {
  /** By place; undefined while that node is away. */
  readonly nodes: (RelayNode | undefined)[] = [undefined];
  readonly lines = new Set<SimLine>();
  /** Lines on which something will never arrive, as long as anybody believes in them. */
  readonly #broken = new Set<SimLine>();
  /** The relay's ends of clients' lines. */
  readonly #clientEnds = new Set<SimSocket>();
  dials = 0;
  /** What a machine’s way to the relay adds to each message, ms; 0 where nothing is said. */
  readonly extraLatencyMs = new Map<string, number>();
  /** Stands before every node, and means harm. */
  relay: HostileRelay | undefined;
  readonly #time: SimTime;
  readonly #random: SeededRandom;

  constructor(time: SimTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
  }

  dialFor(process: SimProcess): DialLink {
    return (url, handlers) => {
      this.dials++;
      const role = new URL(url).pathname === '/v1/device' ? 'device' : 'client';
      const host = this.#leadTo();
      const { line, latencyMs } = this.#makeLine(process, host, role);
      line.near.listen(handlers);
      const reachedAt = this.#time.now + 2 * latencyMs();
      this.#time.at(reachedAt, () => {
        this.#reach(line, host);
      });
      return line.near;
    };
  }

  /** Both ends learn it soon; what was under way is lost. */
  cut(line: SimLine): void {
    this.blackHole(line);
    for (const end of [line.near, line.far]) this.#endSoon(end);
  }

  /** One end learns that it is over; the other hears nothing any more. */
  cutOneSide(line: SimLine, side: 'near' | 'far'): void {
    this.blackHole(line);
    this.#endSoon(line[side]);
  }

  /** Nothing gets through any more, and nobody is told. */
  blackHole(line: SimLine): void {
    line.near.lose();
    line.far.lose();
    this.lines.delete(line);
    this.#broken.add(line);
  }

  /** What one end sends never arrives any more, and nobody is told. */
  blackHoleOneWay(line: SimLine, side: 'near' | 'far'): void {
    line[side].lose();
    this.#broken.add(line);
  }

  /** One end reads slowly for a while. */
  slow(line: SimLine, side: 'near' | 'far', everyMs: number, ms: number): void {
    line[side].setPace(everyMs);
    this.#time.at(this.#time.now + ms, () => {
      line[side].setPace(0);
    });
  }

  /** Nothing gets through for a while, in one direction or in both. */
  stall(line: SimLine, ends: readonly ('near' | 'far')[], ms: number): void {
    for (const end of ends) line[end].hold(true);
    this.#time.at(this.#time.now + ms, () => {
      for (const end of ends) line[end].hold(false);
    });
  }

  /** A machine can no longer be reached. @param quietly nobody is told */
  dropAll(process: SimProcess, quietly: boolean): void {
    for (const line of this.#linesOf(process)) {
      if (quietly) this.blackHole(line);
      else this.cut(line);
    }
  }

  /** A process was killed: its machine ends its lines, behind what is under way or instead of it. @param quietly that too has no power */
  leave(process: SimProcess, quietly: boolean): void {
    for (const line of this.#linesOf(process)) {
      if (quietly) this.blackHole(line);
      else if (this.#random.float() < 0.5) this.cut(line);
      else line[line.near.process === process ? 'near' : 'far'].terminate();
    }
  }

  /** Does anybody believe in a line on which something will never arrive? */
  get isDeceiving(): boolean {
    const isFooled = ({ process, isTrusting }: SimSocket): boolean => isTrusting && process.isAlive;
    for (const line of this.#broken) {
      if (isFooled(line.near) || isFooled(line.far)) return true;
      this.#broken.delete(line);
    }
    return false;
  }

  /** Lines that at least one end believes in, oldest first. */
  get live(): readonly SimLine[] {
    for (const line of this.lines) if (line.near.isOver && line.far.isOver) this.lines.delete(line);
    return [...this.lines];
  }

  get liveNodes(): readonly RelayNode[] {
    return this.nodes.filter((node) => node !== undefined);
  }

  /** Clients' lines that a node has ended and has not heard the end of: what is unsent there counts until then. */
  farewells(node: SimProcess): number {
    for (const end of this.#clientEnds) if (end.hasToldEnd) this.#clientEnds.delete(end);
    return [...this.#clientEnds].filter(({ process, isTrusting }) => process === node && !isTrusting).length;
  }

  #linesOf(process: SimProcess): readonly SimLine[] {
    return [...this.lines].filter(({ near, far }) => near.process === process || far.process === process);
  }

  /** Where a dial comes out. */
  #leadTo(): RelayNode | undefined {
    const live = this.liveNodes;
    const among = live.length > 0 && this.#random.float() < WELL_LED ? live : this.nodes;
    return among[this.#random.int(among.length)];
  }

  #makeLine(process: SimProcess, host: RelayNode | undefined, role: SimLine['role']): { line: SimLine; latencyMs: () => number } {
    const baseMs = 1 + this.#random.int(100) * (this.#random.float() < 0.3 ? 1 : 0.2);
    const extraMs = this.extraLatencyMs.get(process.name) ?? 0;
    const latencyMs = (): number => extraMs + baseMs + this.#random.int(5);
    const windowBytes = WINDOWS_BYTES[this.#random.int(WINDOWS_BYTES.length)] ?? 65_536;
    const shared = { time: this.#time, latencyMs, windowBytes };
    // An end looks at its backlog before each record; the relay ends a link that would pass its bound.
    const near = new SimSocket({ ...shared, process, maxBacklogBytes: MAX_SOCKET_BACKLOG_BYTES + MAX_LINK_MESSAGE_BYTES });
    const maxBacklogBytes = (role === 'client' ? MAX_CLIENT_BACKLOG_BYTES : MAX_SOCKET_BACKLOG_BYTES) + MAX_LINK_MESSAGE_BYTES;
    const far = new SimSocket({ ...shared, process: host?.process ?? process, maxBacklogBytes });
    near.connectTo(far);
    far.connectTo(near);
    return { line: { near, far, role, windowBytes }, latencyMs };
  }

  /** The dial has come to where the relay should be. */
  #reach(line: SimLine, host: RelayNode | undefined): void {
    const { near, far, role } = line;
    if (near.isOver || !near.process.isAlive) return;
    if (near.process.isOffline || !host?.process.isAlive) {
      this.#refuse(near);
      return;
    }
    this.lines.add(line);
    if (role === 'client') this.#clientEnds.add(far);
    host.process.deliver(() => {
      far.accept();
      far.listen(host.core.accept({ role, remoteAddress: '127.0.0.1' }, this.relay?.wrap(far, role) ?? far));
    });
  }

  /** Nobody there: a proxy says so, the port is closed, or no answer ever comes. */
  #refuse(near: SimSocket): void {
    const kind = this.#random.float();
    if (kind < 0.4) near.end(1006, 502);
    else if (kind < 0.8) near.end(1006);
  }

  #endSoon(end: SimSocket): void {
    this.#time.at(this.#time.now + this.#random.int(50), () => {
      end.end(1006);
    });
  }
}
