import type { DialLink } from '../../src/protocol/linkSocket.ts';
import { MAX_CLIENT_BACKLOG_BYTES, MAX_LINK_MESSAGE_BYTES, MAX_SOCKET_BACKLOG_BYTES } from '../../src/protocol/limits.ts';
import type { RelayCore } from '../../src/relay/relayCore.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';
import type { SimProcess } from './simProcess.ts';
import { SimSocket } from './simSocket.ts';
import type { SimTime } from './simTime.ts';

export const SIM_RELAY_ORIGIN = 'http://127.0.0.1:8787';

const WINDOWS_BYTES = [4_096, 16_384, 65_536, 262_144];

/** A line between a process and the relay. */
export interface SimLine {
  readonly near: SimSocket;
  readonly far: SimSocket;
  readonly role: 'client' | 'device';
}

export interface RelayHost {
  readonly process: SimProcess;
  readonly core: RelayCore;
}

/** The lines of the world, and what befalls them. */
export class SimNetwork {
  /** Undefined while the relay is away. */
  relay: RelayHost | undefined;
  readonly lines = new Set<SimLine>();
  dials = 0;
  readonly #time: SimTime;
  readonly #random: SeededRandom;

  constructor(time: SimTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
  }

  dialFor(process: SimProcess): DialLink {
    return (url, handlers) => {
      this.dials++;
      const { near, far, latencyMs } = this.#makeLine(process);
      near.listen(handlers);
      const role = new URL(url).pathname === '/v1/device' ? 'device' : 'client';
      const reachedAt = this.#time.now + 2 * latencyMs();
      this.#time.at(reachedAt, () => {
        this.#reach(near, far, role);
      });
      return near;
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
  }

  /** Nothing gets through for a while, in one direction or in both. */
  stall(line: SimLine, ends: readonly ('near' | 'far')[], ms: number): void {
    for (const end of ends) line[end].hold(true);
    this.#time.at(this.#time.now + ms, () => {
      for (const end of ends) line[end].hold(false);
    });
  }

  /** A process is no more. @param quietly the machine lost its power: nobody is told */
  dropAll(process: SimProcess, quietly: boolean): void {
    for (const line of [...this.lines]) {
      if (line.near.process !== process && line.far.process !== process) continue;
      if (quietly) this.blackHole(line);
      else this.cut(line);
    }
  }

  /** Lines that at least one end believes in, oldest first. */
  get live(): readonly SimLine[] {
    for (const line of this.lines) if (line.near.isOver && line.far.isOver) this.lines.delete(line);
    return [...this.lines];
  }

  #makeLine(process: SimProcess): { near: SimSocket; far: SimSocket; latencyMs: () => number } {
    const baseMs = 1 + this.#random.int(100) * (this.#random.float() < 0.3 ? 1 : 0.2);
    const latencyMs = (): number => baseMs + this.#random.int(5);
    const windowBytes = WINDOWS_BYTES[this.#random.int(WINDOWS_BYTES.length)] ?? 65_536;
    const shared = { time: this.#time, latencyMs, windowBytes };
    // An end looks at its backlog before each record; the relay ends a link that would pass its bound.
    const near = new SimSocket({ ...shared, process, maxBacklogBytes: 2 * MAX_SOCKET_BACKLOG_BYTES + MAX_LINK_MESSAGE_BYTES });
    const host = this.relay?.process ?? process;
    const far = new SimSocket({ ...shared, process: host, maxBacklogBytes: MAX_CLIENT_BACKLOG_BYTES + MAX_LINK_MESSAGE_BYTES });
    near.connectTo(far);
    far.connectTo(near);
    return { near, far, latencyMs };
  }

  /** The dial has come to where the relay should be. */
  #reach(near: SimSocket, far: SimSocket, role: 'client' | 'device'): void {
    if (near.isOver || !near.process.isAlive) return;
    const relay = this.relay;
    if (near.process.isOffline || !relay?.process.isAlive || relay.process.isOffline || far.process !== relay.process) {
      this.#refuse(near);
      return;
    }
    this.lines.add({ near, far, role });
    relay.process.deliver(() => {
      far.accept();
      far.listen(relay.core.accept({ role, remoteAddress: '127.0.0.1' }, far));
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
