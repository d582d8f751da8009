import { ReceiveSide } from '../../src/mux/receiveSide.ts';
import { Scheduler } from '../../src/mux/scheduler.ts';
import { SendSide } from '../../src/mux/sendSide.ts';
import {
  MAX_CIRCUITS_PER_HASH,
  MAX_CLIENT_BACKLOG_BYTES,
  MAX_LINK_MESSAGE_BYTES,
  MAX_STREAM_BUFFERED_BYTES,
  MAX_STREAM_WINDOW_BYTES,
} from '../../src/protocol/limits.ts';
import { BacklogBudget } from '../../src/relay/circuits/backlogBudget.ts';
import { DeviceCircuit } from '../../src/relay/circuits/deviceCircuit.ts';
import type { SimNetwork } from './simNetwork.ts';

/** Frames that belong to no stream, queued for one record after another. */
const MAX_QUEUED_CONTROL = 257;
/** What a client's link may deliver until a word from another node reaches it. */
const BETWEEN_NODES_BYTES = 4 * MAX_LINK_MESSAGE_BYTES;
/** Most links of one role at one node: what a storm of a few tabs leaves behind until silence has proved it dead. */
const MAX_LINKS = 48;

/** Who hears of a bound that was passed; one world lives at a time. */
let complain: (what: string) => void = () => undefined;
/** What a circuit may queue toward a device, with what comes until its client is no longer read. */
let maxCircuitBytes = 0;

/** The buffers of streams and circuits are looked at wherever they grow. @param deviceQueueBytes the relay's own bound for a circuit's queue */
export function watchSides(deviceQueueBytes: number, hasManyNodes: boolean, onExcess: (what: string) => void): void {
  complain = onExcess;
  maxCircuitBytes = deviceQueueBytes + MAX_LINK_MESSAGE_BYTES + (hasManyNodes ? BETWEEN_NODES_BYTES : 0);
}

/** Looks at what `method` of a shipped class is about to do, each time that it is called. */
function before<T extends object>(prototype: T, method: keyof T, look: (subject: T, args: readonly unknown[]) => void): void {
  watch(prototype, method, (subject, args, go) => {
    look(subject, args);
    return go();
  });
}

/** Looks at what `method` of a shipped class has left behind, each time that it has run. */
function after<T extends object>(prototype: T, method: keyof T, look: (subject: T, args: readonly unknown[]) => void): void {
  watch(prototype, method, (subject, args, go) => {
    const result = go();
    look(subject, args);
    return result;
  });
}

function watch<T extends object>(
  prototype: T,
  method: keyof T,
  around: (subject: T, args: readonly unknown[], go: () => unknown) => unknown,
): void {
  const original = prototype[method];
  if (typeof original !== 'function') throw new TypeError(`no method ${String(method)}`);
  const watched = function (this: T, ...args: unknown[]): unknown {
    return around(this, args, () => Reflect.apply(original, this, args) as unknown);
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
before(ReceiveSide.prototype, 'accept', ({ received }, [offset, bytes]) => {
  // Whoever says where it stands has let go of the line before: what is repeated was sent for nothing.
  if (bytes instanceof Uint8Array && bytes.length > 0 && Number(offset) < received) complain('bytes come twice');
});
after(ReceiveSide.prototype, 'grant', ({ consumed, limit }) => {
  if (limit - consumed > MAX_STREAM_WINDOW_BYTES) complain(`a reader takes ${String(limit - consumed)} bytes more than it has consumed`);
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
