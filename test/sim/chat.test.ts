import assert from 'node:assert/strict';
import { ChatWorld } from './chatWorld.ts';
import { runSeeds } from './runSeeds.ts';

async function live(seed: number, trace?: (line: string) => void): Promise<ChatWorld> {
  const world = new ChatWorld(seed, trace);
  await world.live();
  return world;
}

describe('simulated chat', () => {
  it('shows and stores what the model said, asked once, whatever befalls the lines and the machines', async () => {
    await runSeeds('chat', 1_000, live);
  });

  it('makes the same run of the same seed', async () => {
    const [first, second] = [await live(11), await live(11)];
    assert.equal(first.fingerprint, second.fingerprint);
    assert.equal(first.time.executed, second.time.executed);
  });
});
