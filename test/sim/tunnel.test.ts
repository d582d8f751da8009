import assert from 'node:assert/strict';
import { ByteWorld } from './byteWorld.ts';
import { runSeeds } from './runSeeds.ts';

async function live(seed: number, trace?: (line: string) => void): Promise<ByteWorld> {
  const world = new ByteWorld(seed, trace);
  await world.live();
  return world;
}

describe('simulated tunnel', () => {
  it('carries every byte of every stream once and in order, or says that the stream is lost', async () => {
    await runSeeds('tunnel', 300, live);
  });

  it('makes the same run of the same seed', async () => {
    const [first, second] = [await live(7), await live(7)];
    assert.equal(first.fingerprint, second.fingerprint);
    assert.equal(first.time.executed, second.time.executed);
  });
});
