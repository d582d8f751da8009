import assert from 'node:assert/strict';
import { FaultWorld, type Lane } from '../support/faultWorld.ts';
import { until } from '../support/stack.ts';

/** How long a dead line may go unnoticed; and after waking, ms. */
const FOUND_MS = 25_000;
const FOUND_AFTER_WAKE_MS = 4_000;
/** Then the line is made anew: the first tries of the schedule, and a machine that is busy. */
const BACK_MS = 5_000;
/** Gap of the wall clock that an agent takes for sleep. */
const SLEEP_MS = 13_000;

/** Asks, and says when bytes of the far end have come. */
async function answered({ client }: Lane, limitMs: number): Promise<number> {
  const from = client.replies.length;
  const startedAt = performance.now();
  client.port.send({ type: 'listModels' });
  await until('an answer of the far end', () => client.replies.slice(from).some(({ type }) => type === 'models'), limitMs);
  return performance.now() - startedAt;
}

describe('a line that is dead without a word', function () {
  this.timeout(60_000);
  let world: FaultWorld;
  before(async () => {
    world = await FaultWorld.start({ lanes: 4, seed: 3 });
  });
  after(() => world.stop());

  const lane = (index: number): Lane => {
    const found = world.lanes[index];
    assert.ok(found);
    return found;
  };

  it('is found within 25 s on either hop, and within 4 s after waking of either end', async () => {
    const [client, device, awake, asleep] = [lane(0), lane(1), lane(2), lane(3)];
    const found = async ({ client: { port } }: Lane): Promise<number> => {
      const startedAt = performance.now();
      await until('found', () => port.status.state === 'reconnecting', FOUND_MS + 500);
      return performance.now() - startedAt;
    };
    const byClient = async (): Promise<void> => {
      await client.proxies.client.strike({ kind: 'halfOpen' });
      assert.ok((await found(client)) <= FOUND_MS);
      await answered(client, BACK_MS);
    };
    const byDevice = async (): Promise<void> => {
      await device.proxies.device.strike({ kind: 'halfOpen' });
      const startedAt = performance.now();
      assert.ok((await found(device)) <= FOUND_MS);
      // The client finds it by its own ping, and comes back to a device link that the relay still believes in, until that is found dead too.
      await answered(device, FOUND_MS + BACK_MS - (performance.now() - startedAt));
    };
    const afterWake = async (): Promise<void> => {
      await awake.proxies.client.strike({ kind: 'halfOpen' });
      awake.client.tunnel.supervisor.wake();
      assert.ok((await answered(awake, FOUND_AFTER_WAKE_MS)) <= FOUND_AFTER_WAKE_MS);
    };
    const afterSleep = async (): Promise<void> => {
      asleep.agent.child.kill('SIGSTOP');
      await asleep.proxies.device.strike({ kind: 'halfOpen' });
      await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
      asleep.agent.child.kill('SIGCONT');
      await answered(asleep, FOUND_AFTER_WAKE_MS + BACK_MS);
    };
    await Promise.all([byClient(), byDevice(), afterWake(), afterSleep()]);
  });
});
