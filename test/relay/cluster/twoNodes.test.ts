import assert from 'node:assert/strict';
import { closeCodeFor } from '../../../src/protocol/closeCodes.ts';
import { hashOf, RelayWorld } from '../relayWorld.ts';
import { ClusterWorld } from './clusterWorld.ts';
import { toBase64url } from '../../../src/base/bytes.ts';

describe('a relay of two nodes', () => {
  let cluster: ClusterWorld;
  let here: RelayWorld;
  let there: RelayWorld;
  const settle = (): Promise<void> => cluster.clock.advance(1_200);
  beforeEach(async () => {
    cluster = new ClusterWorld();
    [here, there] = [0, 1].map(() => new RelayWorld({ node: { clock: cluster.clock, bus: cluster.node().bus } })) as [
      RelayWorld,
      RelayWorld,
    ];
    await settle();
  });
  afterEach(async () => {
    for (const { core } of [here, there]) core.dispose();
    await cluster.settle();
    for (const { bus } of cluster.nodes) bus.dispose();
    await settle();
    assert.deepEqual([cluster.errors, cluster.clock.pendingTimers, cluster.nats.subscriptionCount], [[], 0, 0]);
  });

  it('joins a client at one with a device at the other, and tells each of the other’s end', async () => {
    const device = await here.device();
    await settle();
    const client = await there.dial();
    await settle();
    assert.deepEqual(client.last('joined').id, device.key.publicKey);
    const { circuit } = device.last('joined');
    await client.say({ type: 'record', circuit: undefined, record: Uint8Array.of(1, 2) });
    await device.say({ type: 'record', circuit, record: Uint8Array.of(3) });
    await cluster.settle();
    assert.deepEqual(
      device.records(circuit).map((record) => [...record]),
      [[1, 2]],
    );
    assert.deepEqual(
      client.records().map((record) => [...record]),
      [[3]],
    );
    client.socket.close(1000);
    await cluster.settle();
    assert.equal(device.count('left'), 1);
  });

  it('joins a client that waits when its device comes to another node', async () => {
    const client = await there.dial();
    await settle();
    assert.deepEqual(client.types, ['waiting']);
    await here.device();
    await settle();
    assert.deepEqual(client.types, ['waiting', 'joined']);
  });

  it('ends the link of a device that has come to another node, and moves its client there', async () => {
    const device = await here.device({ claim: { attempt: 1 } });
    const client = await here.dial();
    await settle();
    const later = await there.device({ key: device.key, claim: { attempt: 2 } });
    await settle();
    assert.equal(device.closeCode, closeCodeFor('replaced'));
    assert.equal(later.closeCode, undefined);
    await settle();
    assert.equal(client.count('joined'), 2);
    assert.equal(later.count('joined'), 1);
  });

  it('leaves circuits of a device that it has sent away the time they were given', async () => {
    const device = await here.device({ claim: { attempt: 1 } });
    const client = await here.dial();
    await settle();
    void here.core.drain();
    const later = await there.device({ key: device.key, claim: { attempt: 2 } });
    await cluster.settle();
    assert.equal(device.closeCode, undefined);
    await client.say({ type: 'record', circuit: undefined, record: Uint8Array.of(1) });
    assert.equal(device.records(device.last('joined').circuit).length, 1);
    await settle();
    assert.equal(device.closeCode, closeCodeFor('relayDraining'));
    assert.equal(later.closeCode, undefined);
  });

  it('refuses a copied key at whichever node', async () => {
    const device = await here.device();
    await settle();
    const copy = await there.register({ key: device.key, claim: { instance: new Uint8Array(16).fill(9) } });
    await settle();
    assert.equal(copy.closeCode, closeCodeFor('duplicateDevice'));
    assert.equal(device.closeCode, undefined);
  });

  it('tells an unknown key from a device that is away, wherever that is', async () => {
    const device = await here.device();
    await settle();
    const hash = (token: string): string => toBase64url(hashOf(token));
    const asked = Promise.all([
      there.core.lookUp(device.key.publicKey, hash('token')),
      there.core.lookUp(device.key.publicKey, hash('unknown')),
      there.core.lookUp(there.newKey().publicKey, hash('unknown')),
    ]);
    await settle();
    assert.deepEqual(await asked, ['served', 'unknownKey', 'deviceOffline']);
  });

  it('joins its own while NATS is away, and with others when it is back', async () => {
    await here.device();
    await settle();
    cluster.nats.stop();
    const [near, far] = [await here.dial(), await there.dial()];
    await cluster.settle();
    assert.deepEqual([near.types, far.types], [['joined'], ['waiting']]);
    cluster.nats.start();
    await settle();
    assert.deepEqual(far.types, ['waiting', 'joined']);
  });
});
