import { ReceiveSide } from '../../src/mux/receiveSide.ts';
import { Scheduler } from '../../src/mux/scheduler.ts';
import { SendSide } from '../../src/mux/sendSide.ts';
import {
  MAX_CIRCUITS_PER_HASH,
  MAX_CLIENT_BACKLOG_BYTES,
  MAX_DEVICE_QUEUE_BYTES,
  MAX_LINK_MESSAGE_BYTES,
  MAX_STREAM_BUFFERED_BYTES,
  MAX_STREAM_WINDOW_BYTES,
} from '../../src/protocol/limits.ts';
import { BacklogBudget } from '../../src/relay/circuits/backlogBudget.ts';
import { DeviceCircuit } from '../../src/relay/circuits/deviceCircuit.ts';
import type { SimNetwork } from './simNetwork.ts';

/** Frames that belong to no stream, queued for one record after another. */
const MAX_QUEUED_CONTROL = 257;
/** What a circuit queues toward a device until its client is no longer read. */
const MAX_CIRCUIT_BYTES = MAX_DEVICE_QUEUE_BYTES + MAX_LINK_MESSAGE_BYTES;
/** What a client's link may deliver until a word from another node reaches it. */
const BETWEEN_NODES_BYTES = 4 * MAX_LINK_MESSAGE_BYTES;
/** Most links of one role at one node: what a storm of a few tabs leaves behind until silence has proved it dead. */
const MAX_LINKS = 48;

/** Who hears of a bound that was passed; one world lives at a time. */
let complain: (what: string) => void = () => undefined;
let maxCircuitBytes = MAX_CIRCUIT_BYTES;

/** The buffers of streams and circuits are looked at wherever they grow. */
export function watchSides(hasManyNodes: boolean, onExcess: (what: string) => void): void {
  complain = onExcess;
  maxCircuitBytes = MAX_CIRCUIT_BYTES + (hasManyNodes ? BETWEEN_NODES_BYTES : 0);
}

/** Looks at what `method` of a shipped class has left behind, each time that it has run. */
function after<T extends object>(prototype: T, method: keyof T, look: (subject: T, args: readonly unknown[]) => void): void {
  const original = prototype[method];
  if (typeof original !== 'function') throw new TypeError(`no method ${String(method)}`);
  const watched = function (this: T, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(original, this, args);
    look(this, args);
    return result;
  };
  Object.defineProperty(prototype, method, { value: watched, configurable: true, writable: true });
}

after(SendSide.prototype, 'write', ({ bufferedBytes }) => {
  if (bufferedBytes > MAX_STREAM_BUFFERED_BYTES) complain(`a stream keeps ${String(bufferedBytes)} bytes for its peer`);
});
after(SendSide.prototype, 'take', ({ inFlightBytes }) => {
  if (inFlightBytes > MAX_STREAM_WINDOW_BYTES) complain(`a stream has ${String(inFlightBytes)} bytes under way`);
});
after(ReceiveSide.prototype, 'accept', ({ unreadBytes }) => {
  if (unreadBytes > MAX_STREAM_WINDOW_BYTES) complain(`a stream has ${String(unreadBytes)} unread bytes`);
});
after(Scheduler.prototype, 'push', ({ queuedControl }) => {
  if (queuedControl > MAX_QUEUED_CONTROL) complain(`${String(queuedControl)} frames of control wait`);
});
after(BacklogBudget.prototype, 'set', (_budget, [holder, bytes]) => {
  if (holder instanceof DeviceCircuit && Number(bytes) > maxCircuitBytes) complain(`a circuit queues ${String(bytes)} bytes`);
});

interface BoundedWorld {
  readonly network: Pick<SimNetwork, 'liveNodes' | 'farewells'>;
  complain(what: string): void;
}

/** Nothing grows without bound: looked at after every event, also in the worst of it. Sockets look after themselves at each `send`. */
export function checkBounds(world: BoundedWorld): void {
  for (const { core, process } of world.network.liveNodes) {
    const { circuits, clientLinks, deviceLinks, parkedDials, backlogBytes } = core.counts;
    const isBounded =
      deviceLinks <= MAX_LINKS &&
      clientLinks <= MAX_LINKS &&
      circuits <= (deviceLinks + 1) * 4 * MAX_CIRCUITS_PER_HASH &&
      parkedDials <= clientLinks;
    const most = (links: number): number => circuits * maxCircuitBytes + links * (MAX_CLIENT_BACKLOG_BYTES + MAX_LINK_MESSAGE_BYTES);
    // Only where there is more than open links may hold: that those are counted that have been ended takes a look at all of them.
    const isHeld = backlogBytes <= most(clientLinks) || backlogBytes <= most(clientLinks + world.network.farewells(process));
    if (!isBounded || !isHeld) world.complain(`${process.name} holds ${JSON.stringify(core.counts)}`);
  }
}
