import assert from 'node:assert/strict';
import { measureConnectCycles } from '../load/support/connectCycles.ts';
import { measureIdleDevices } from '../load/support/idleDevices.ts';
import { measureManySlowReaders } from '../load/support/manySlowReaders.ts';
import { measureRestartStorm } from '../load/support/restartStorm.ts';
import { measureSlowReader } from '../load/support/slowReader.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** The short form of `npm run test:load`: fewer of everything, the same programs. */
describe('a relay under load', () => {
  it('pays at most 2 MB for a reader that takes nothing beside a flat-out stream, and lets it go on when it reads again', async function () {
    this.timeout(60_000);
    const { growthBytes, stalledAt, recoveredTo } = await measureSlowReader(2, 1_000);
    assert.ok(Math.max(...growthBytes) <= 2_000_000, String(growthBytes));
    assert.ok(recoveredTo > stalledAt + MiB);
  });

  it('lives through 200 readers that take nothing, with devices that heed no credit', async function () {
    this.timeout(60_000);
    const { peakBytes, newClientMs } = await measureManySlowReaders(200);
    assert.ok(peakBytes < 512 * MiB, String(peakBytes));
    assert.ok(newClientMs < 10_000, String(newClientMs));
  });

  it('has 100 devices back within 10 s of its restart', async function () {
    this.timeout(90_000);
    const { p99, returned } = await measureRestartStorm(100, 500);
    assert.equal(returned, 100);
    assert.ok(p99 <= 10_000, String(p99));
  });

  it('and the two ends keep no socket, timer or memory of 60 connections', async function () {
    this.timeout(60_000);
    const { growthBytes, before, after } = await measureConnectCycles(60);
    assert.deepEqual(after, before);
    assert.ok(growthBytes <= MiB, String(growthBytes));
  });

  it('holds at most 25 KiB of heap and buffers for an idle device', async function () {
    this.timeout(60_000);
    const { heapSlope } = await measureIdleDevices(200, 1_000, 0);
    assert.ok(heapSlope <= 25 * KiB, String(heapSlope));
  });
});
