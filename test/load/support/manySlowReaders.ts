import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { LinkEnd } from '../../integration/linkEnd.ts';
import { startRelay } from './probedProcess.ts';

export interface ManySlowReadersResult {
  /** Highest resident bytes of the relay seen. */
  readonly peakBytes: number;
  readonly offeredBytes: number;
  /** The relay still joins a new client with its device and carries a record, this many ms later. */
  readonly newClientMs: number;
}

const DEVICES = 20;
const RECORD_BYTES = 16_000;
/** Toward one client: more than the relay holds for it. */
const RECORDS = 200;

/**
 * Devices that heed no credit send all they can to clients that read nothing, all at once: the relay ends whom it must and lives on. What
 * a device of ours would send is far less.
 */
export async function measureManySlowReaders(readers: number): Promise<ManySlowReadersResult> {
  const relay = await startRelay();
  const ends: LinkEnd[] = [];
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, relay.process.residentBytes);
  }, 50);
  try {
    const perDevice = Math.ceil(readers / DEVICES);
    const tokens = Array.from({ length: readers + 1 }, (_, index) => `reader ${String(index)}`);
    const devices = await Promise.all(
      Array.from({ length: DEVICES }, (_, index) =>
        LinkEnd.device(relay.url, '', tokens.slice(index * perDevice, (index + 1) * perDevice + 1)),
      ),
    );
    ends.push(...devices);
    for (let from = 0; from < readers; from += 50) {
      const some = await Promise.all(tokens.slice(from, Math.min(from + 50, readers)).map((token) => LinkEnd.client(relay.url, token)));
      ends.push(...some);
      await Promise.all(some.map((client) => client.next('joined')));
      for (const client of some) client.ws.pause();
    }
    const record = randomBytes(RECORD_BYTES);
    const circuits = devices.flatMap((device) =>
      device.frames.flatMap((frame) => (frame.type === 'joined' ? [{ device, circuit: frame.circuit ?? 0 }] : [])),
    );
    for (let round = 0; round < RECORDS; round++) {
      for (const { device, circuit } of circuits) device.record(record, circuit);
      // As fast as the relay takes it, and no faster: what stands in this process is not the relay's.
      for (const { ws, closeCode } of devices)
        while (ws.bufferedAmount > 1024 * 1024) {
          if (ws.readyState !== ws.OPEN) throw new Error(`the relay ended a device’s link: ${String(closeCode)}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
    }
    const start = performance.now();
    const [device] = devices;
    if (!device) throw new Error('no devices');
    const joinedBefore = device.frames.filter(({ type }) => type === 'joined').length;
    const client = await LinkEnd.client(relay.url, tokens[0] ?? '');
    ends.push(client);
    await client.next('joined');
    // The two ends are told on two sockets: the device may hear of it after the client, and an older circuit would carry nothing to it.
    await device.until(() => device.frames.filter(({ type }) => type === 'joined').length > joinedBefore);
    const joined = device.frames.findLast((frame) => frame.type === 'joined');
    device.record(record, joined?.circuit);
    await client.next('record');
    return { peakBytes, offeredBytes: circuits.length * RECORDS * RECORD_BYTES, newClientMs: performance.now() - start };
  } finally {
    clearInterval(watch);
    const closing = ends.filter(({ closeCode }) => closeCode === undefined).map(({ ws }) => once(ws, 'close'));
    for (const { ws } of ends) ws.terminate();
    await Promise.all(closing);
    await relay.process.stop();
  }
}
