import { dialWs } from '../../../src/tunnel/node/wsLinkSocket.ts';
import type { DialLink, LinkSocket } from '../../../src/protocol/linkSocket.ts';
import { until } from '../../harness/processes.ts';
import { farmClient } from './farm.ts';
import { FarmStream, median, percentile } from './farmStream.ts';
import { startFarm } from './startFarm.ts';
import { startRelay } from './probedProcess.ts';

const KiB = 1024;

export interface SlowReaderResult {
  /** Of the relay, heap and buffers after a forced collection, bytes; one a round. */
  readonly growthBytes: readonly number[];
  /** p99 of the neighbours' latency beside the slow reader over that without it; one a round. */
  readonly p99Ratios: readonly number[];
  readonly p99Ms: { readonly without: number; readonly beside: number };
  /** Bytes that the slow reader had when it stalled, and some time after it read again. */
  readonly stalledAt: number;
  readonly recoveredTo: number;
}

/**
 * One client reads a flat-out stream, one reads stamps, and one more asks for a flat-out stream and stops reading its socket altogether:
 * what that costs the relay and the others, and whether it goes on when it reads again.
 */
export async function measureSlowReader(rounds: number, roundMs: number): Promise<SlowReaderResult> {
  const relay = await startRelay();
  const farm = await startFarm(relay.url, 1);
  const sockets: LinkSocket[] = [];
  const dialKept: DialLink = (url, handlers) => {
    const socket = dialWs(url, handlers);
    sockets.push(socket);
    return socket;
  };
  const clients = [farmClient(relay.url, 0, 0), farmClient(relay.url, 0, 1), farmClient(relay.url, 0, 2, dialKept)] as const;
  try {
    const [fast, neighbour, slow] = clients;
    await Promise.all(clients.map((client) => client.supervisor.connect()));
    const flat = new FarmStream(fast, { kind: 'flat' });
    const stamps = Array.from({ length: 10 }, () => new FarmStream(neighbour, { kind: 'paced', everyMs: 20 }));
    const measure = async (): Promise<{ p99: number; bytes: number }> => {
      for (const stream of stamps) stream.latencies.length = 0;
      await new Promise((resolve) => setTimeout(resolve, roundMs));
      const p99 = percentile(
        stamps.flatMap(({ latencies }) => latencies),
        0.99,
      );
      const { heapUsed, external } = await relay.process.memory();
      return { p99, bytes: heapUsed + external };
    };
    const stalled = new FarmStream(slow, { kind: 'flat' });
    await until('the slow reader’s first bytes', () => stalled.bytes > 64 * KiB && flat.bytes > 64 * KiB);
    const growthBytes: number[] = [];
    const p99s: { without: number; beside: number }[] = [];
    let stalledAt = 0;
    for (let round = 0; round < rounds; round++) {
      stalled.stop();
      await until('quiet', async () => {
        const before = stalled.bytes;
        await new Promise((resolve) => setTimeout(resolve, 200));
        return stalled.bytes === before;
      });
      const without = await measure();
      const again = new FarmStream(slow, { kind: 'flat' });
      await until('the slow reader reads', () => again.bytes > 64 * KiB);
      sockets.at(-1)?.pause();
      stalledAt = again.bytes;
      const beside = await measure();
      growthBytes.push(beside.bytes - without.bytes);
      p99s.push({ without: without.p99, beside: beside.p99 });
      sockets.at(-1)?.resume();
      await until('the slow reader goes on', () => again.bytes > stalledAt + 1024 * KiB);
      again.stop();
      if (round === rounds - 1)
        return {
          growthBytes,
          p99Ratios: p99s.map((p99) => p99.beside / p99.without),
          p99Ms: { without: median(p99s.map((p99) => p99.without)), beside: median(p99s.map((p99) => p99.beside)) },
          stalledAt,
          recoveredTo: again.bytes,
        };
    }
    throw new Error('no rounds');
  } finally {
    for (const client of clients) client.dispose();
    await farm.stop();
    await relay.process.stop();
  }
}
