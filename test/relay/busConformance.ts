import assert from 'node:assert/strict';
import type { Disposable } from '../../src/base/disposable.ts';
import { INSTANCE_BYTES } from '../../src/protocol/linkFrames.ts';
import type { Bus, CallHandlers, Circuit, CircuitHandlers, IncomingCall, Place } from '../../src/relay/bus.ts';
import type { AdmissionClaim } from '../../src/secure/admission.ts';

export interface BusPair extends Disposable {
  /** Where clients are in these tests. */
  readonly near: Bus;
  /** Where devices are; may be the same node. */
  readonly far: Bus;
  /** Resolves when all that was under way has arrived. */
  settle(): Promise<void>;
}

const deviceKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

class Recorder implements CallHandlers {
  readonly heard: string[] = [];
  onJoined(key: Uint8Array): void {
    assert.deepEqual(key, deviceKey);
    this.heard.push('joined');
  }
  onRefused(refusal: string): void {
    this.heard.push(`refused ${refusal}`);
  }
  onRecord(record: Uint8Array): void {
    this.heard.push(`record ${record.join(' ')}`);
  }
  onFlow(open: boolean): void {
    this.heard.push(open ? 'go on' : 'stop');
  }
  onClose(reason: number): void {
    this.heard.push(`closed ${String(reason)}`);
  }
}

/** What every bus promises; run by each implementation. */
export function busConformance(makePair: () => Promise<BusPair> | BusPair): void {
  let pair: BusPair;
  let near: Bus;
  let far: Bus;
  const place = (link = 1, epoch = 1, attempt = 1): Place => ({ node: far.node, link, epoch, attempt });
  const ask = async (hash: string): Promise<Place | undefined> => {
    const answers: (Place | undefined)[] = [];
    const isAnswered = (): boolean => answers.length > 0;
    near.dial(hash, (answer) => answers.push(answer));
    assert.equal(answers.length, 0, 'answered from inside the call');
    // Once is enough where nothing else wants the processor.
    for (let left = 20; left > 0 && !isAnswered(); left--) await pair.settle();
    assert.equal(answers.length, 1);
    return answers[0];
  };
  /** Serves, listens and joins; both sides record. */
  const join = async (): Promise<{ client: Circuit; device: Circuit; atClient: string[]; atDevice: string[]; calls: IncomingCall[] }> => {
    const [atClient, atDevice] = [new Recorder(), new Recorder()];
    const calls: IncomingCall[] = [];
    const devices: Circuit[] = [];
    far.listen((call) => {
      calls.push(call);
      devices.push(call.accept(deviceKey, atDevice satisfies CircuitHandlers));
    });
    const client = near.open(place(7), 'hash', atClient);
    assert.equal(calls.length, 0, 'called from inside the call');
    await pair.settle();
    const [device] = devices;
    assert.ok(device);
    return { client, device, atClient: atClient.heard, atDevice: atDevice.heard, calls };
  };

  beforeEach(async () => {
    pair = await makePair();
    ({ near, far } = pair);
  });
  afterEach(() => {
    pair.dispose();
  });

  it('answers a dial with the place that serves the hash, as long as it does', async () => {
    assert.equal(await ask('hash'), undefined);
    const served = far.serve('hash', place());
    await pair.settle();
    assert.deepEqual(await ask('hash'), place());
    assert.equal(await ask('other'), undefined);
    served.dispose();
    await pair.settle();
    assert.equal(await ask('hash'), undefined);
  });

  it('of two places names the one with the higher epoch, then the higher attempt', async () => {
    const places = [place(1, 2, 1), place(2, 1, 9), place(3, 2, 4), place(4, 2, 3)];
    for (const one of places) far.serve('hash', one);
    await pair.settle();
    assert.deepEqual(await ask('hash'), places[2]);
  });

  it('forgets one of two equal places only once', async () => {
    const first = far.serve('hash', place());
    far.serve('hash', place());
    first.dispose();
    first.dispose();
    await pair.settle();
    assert.deepEqual(await ask('hash'), place());
  });

  it('takes a question back', async () => {
    let answered = false;
    near.dial('hash', () => (answered = true)).dispose();
    await pair.settle();
    assert.equal(answered, false);
  });

  it('wakes who watches a hash each time it begins to be served, and nobody else', async () => {
    const woken: string[] = [];
    near.watch('hash', () => woken.push('a'));
    near.watch('other', () => woken.push('b'));
    const gone = near.watch('hash', () => woken.push('c'));
    gone.dispose();
    await pair.settle();
    far.serve('hash', place());
    assert.deepEqual(woken, [], 'woken from inside the call');
    await pair.settle();
    far.serve('hash', place(2)).dispose();
    await pair.settle();
    assert.deepEqual(woken, ['a', 'a']);
  });

  it('misses no beginning between watching and dialling', async () => {
    let woken = 0;
    near.watch('hash', () => woken++);
    await pair.settle();
    far.serve('hash', place());
    const answer = await ask('hash');
    assert.ok(answer !== undefined || woken > 0);
  });

  it('opens a circuit to the named link and says JOINED before any record', async () => {
    const { device, atClient, calls } = await join();
    device.send(bytes(1));
    await pair.settle();
    assert.deepEqual([calls[0]?.link, calls[0]?.hash], [7, 'hash']);
    assert.deepEqual(atClient, ['joined', 'record 1']);
  });

  it('says JOINED before a record that the device sends on accepting', async () => {
    const atClient = new Recorder();
    far.listen((call) => {
      call.accept(deviceKey, new Recorder()).send(bytes(5));
    });
    near.open(place(), 'hash', atClient);
    await pair.settle();
    assert.deepEqual(atClient.heard, ['joined', 'record 5']);
  });

  it('carries records both ways in order, and the wish to stop and go on', async () => {
    const { client, device, atClient, atDevice } = await join();
    for (let i = 0; i < 3; i++) {
      client.send(bytes(i));
      device.send(bytes(10 + i));
    }
    device.setFlow(false);
    device.setFlow(true);
    await pair.settle();
    assert.deepEqual(atDevice, ['record 0', 'record 1', 'record 2']);
    assert.deepEqual(atClient, ['joined', 'record 10', 'record 11', 'record 12', 'stop', 'go on']);
  });

  it('tells the other side of a close once, after what was sent before, and the closer nothing', async () => {
    const { client, device, atClient, atDevice } = await join();
    client.send(bytes(1));
    device.send(bytes(2));
    client.close(47);
    client.send(bytes(3));
    client.close(48);
    await pair.settle();
    device.send(bytes(4));
    device.close(49);
    await pair.settle();
    assert.deepEqual(atDevice, ['record 1', 'closed 47']);
    assert.deepEqual(atClient, ['joined']);
  });

  it('closes a circuit that was given up before it was accepted', async () => {
    const [atClient, atDevice] = [new Recorder(), new Recorder()];
    let accepted = 0;
    far.listen((call) => {
      accepted++;
      call.accept(deviceKey, atDevice);
    });
    near.open(place(), 'hash', atClient).close(47);
    await pair.settle();
    assert.deepEqual(atClient.heard, []);
    assert.deepEqual(atDevice.heard, accepted > 0 ? ['closed 47'] : []);
  });

  it('hands a refusal back, and refuses by itself where nobody listens', async () => {
    const [busy, gone] = [new Recorder(), new Recorder()];
    near.open(place(), 'hash', gone);
    await pair.settle();
    far.listen((call) => {
      call.refuse('busy');
    });
    near.open(place(), 'hash', busy);
    await pair.settle();
    assert.deepEqual([gone.heard, busy.heard], [['refused gone'], ['refused busy']]);
  });

  it('goes on after a handler that throws', async () => {
    let woken = 0;
    near.watch('hash', () => {
      throw new Error('a handler’s own fault');
    });
    near.watch('hash', () => woken++);
    await pair.settle();
    far.serve('hash', place());
    await pair.settle();
    assert.equal(woken, 1);
  });

  describe('of a device’s links at two nodes', () => {
    const claim = (epoch: number, attempt: number, instance = 1): AdmissionClaim => ({
      ...{ epoch, attempt, instance: new Uint8Array(INSTANCE_BYTES).fill(instance) },
    });
    /** Whether there are two; within a node its registry judges. */
    const areTwo = (): boolean => near !== far;
    /** Both claim, one after the other. */
    const contest = async (first: AdmissionClaim, second: AdmissionClaim): Promise<string[]> => {
      const lost: string[] = [];
      near.claim('device', first, (loss) => lost.push(`first ${loss}`));
      near.claim('other', first, (loss) => lost.push(`other ${loss}`));
      await pair.settle();
      far.claim('device', second, (loss) => lost.push(`second ${loss}`));
      assert.deepEqual(lost, [], 'told from inside the call');
      await pair.settle();
      return lost;
    };
    it('the one of the higher epoch stays', async () => {
      if (areTwo()) assert.deepEqual(await contest(claim(1, 9), claim(2, 1, 2)), ['first replaced']);
    });

    it('the later of two dials of one process stays', async () => {
      if (areTwo()) assert.deepEqual(await contest(claim(3, 1), claim(3, 2)), ['first replaced']);
    });

    it('the earlier is told when it comes late', async () => {
      if (areTwo()) assert.deepEqual(await contest(claim(2, 1), claim(1, 9, 2)), ['second replaced']);
    });

    it('the one stays that was there, when two processes have one key', async () => {
      if (areTwo()) assert.deepEqual(await contest(claim(1, 1), claim(1, 5, 2)), ['second duplicateDevice']);
    });

    it('the other has nothing to fear once one is given up', async () => {
      if (!areTwo()) return;
      near.claim('device', claim(9, 9), () => assert.fail('given up')).dispose();
      await pair.settle();
      far.claim('device', claim(1, 1), () => assert.fail('nobody else has it'));
      await pair.settle();
    });
  });

  it('neither serves nor watches any more once disposed', async () => {
    if (near === far) return; // takes two nodes to see
    let woken = 0;
    near.watch('other', () => woken++);
    far.serve('hash', place());
    far.dispose();
    await pair.settle();
    assert.equal(await ask('hash'), undefined);
    near.dispose();
    far.serve('other', place());
    await pair.settle();
    assert.equal(woken, 0);
  });
}
