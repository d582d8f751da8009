import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { FarmRequest } from './farm.ts';
import { ProbedProcess, startRelay } from './probedProcess.ts';
import { startFarm } from './startFarm.ts';

/** What the others want: 100 KiB a second each, far more than the words of a model. */
const STEADY: FarmRequest = { kind: 'steady', everyMs: 20, bytes: 2_048 };
/** As many streams as a tenant of the others has one of. */
const NOISY = { clients: 3, streams: 32 } as const;
/** So that what is shared is the relay, and not the two processors on which all of this runs. */
const NOISY_NICENESS = 10;

export interface NoisyNeighbourResult {
  /** Of each of the others: what it got beside the noisy one, over what it got without; one a round. */
  readonly shares: readonly number[];
  /** What came in all in a second, bytes: of the others, and of the noisy one beside them. */
  readonly othersPerSecond: number;
  readonly noisyPerSecond: number;
}

class Tenant {
  readonly #farm: ProbedProcess;
  readonly #clients: ProbedProcess;

  private constructor(farm: ProbedProcess, clients: ProbedProcess) {
    this.#farm = farm;
    this.#clients = clients;
  }

  /** Device number `device`, with clients and streams of their own. */
  static async start(
    url: string,
    device: number,
    { clients, streams }: typeof NOISY | { clients: 1; streams: 1 },
    request: FarmRequest,
  ): Promise<Tenant> {
    const farm = await startFarm(url, 1, device);
    const args = [url, device, clients, streams, JSON.stringify(request)].map(String);
    const readers = new ProbedProcess(process.execPath, [join(import.meta.dirname, 'tenantMain.ts'), ...args]);
    await readers.first('reading');
    return new Tenant(farm, readers);
  }

  get pids(): readonly number[] {
    return [this.#farm.pid, this.#clients.pid];
  }

  async bytes(): Promise<number> {
    const count = this.#clients.events('bytes').length;
    this.#clients.tell({ ask: 'bytes' });
    return Number((await this.#clients.heard('bytes', count + 1)).at(-1)?.['bytes']);
  }

  async stop(): Promise<void> {
    await this.#clients.stop();
    await this.#farm.stop();
  }
}

/** One tenant asks for all it can get, a hundred times what the others want: do they still get theirs? */
export async function measureNoisyNeighbour(others: number, rounds: number, roundMs: number): Promise<NoisyNeighbourResult> {
  const relay = await startRelay();
  const tenants: Tenant[] = [];
  let noisy: Tenant | undefined;
  try {
    for (let device = 1; device <= others; device++)
      tenants.push(await Tenant.start(relay.url, device, { clients: 1, streams: 1 }, STEADY));
    const shares: number[] = [];
    let [othersPerSecond, noisyPerSecond] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const alone = await perSecond(tenants, roundMs);
      noisy = await Tenant.start(relay.url, 0, NOISY, { kind: 'flat' });
      for (const pid of noisy.pids) setPriority(pid, NOISY_NICENESS);
      const beside = await perSecond([...tenants, noisy], roundMs);
      await noisy.stop();
      noisy = undefined;
      shares.push(...alone.map((bytes, index) => (beside[index] ?? 0) / bytes));
      othersPerSecond = beside.slice(0, others).reduce((sum, bytes) => sum + bytes, 0);
      noisyPerSecond = beside.at(-1) ?? 0;
    }
    return { shares, othersPerSecond, noisyPerSecond };
  } finally {
    await noisy?.stop();
    for (const tenant of tenants) await tenant.stop();
    await relay.process.stop();
  }
}

/** What came to each in a second, over some time. */
async function perSecond(tenants: readonly Tenant[], overMs: number): Promise<number[]> {
  const before = await Promise.all(tenants.map((tenant) => tenant.bytes()));
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, overMs));
  const after = await Promise.all(tenants.map((tenant) => tenant.bytes()));
  const seconds = (performance.now() - began) / 1000;
  return after.map((bytes, index) => (bytes - (before[index] ?? 0)) / seconds);
}
