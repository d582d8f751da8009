import assert from 'node:assert/strict';
import { SimProcess } from './simProcess.ts';
import { SimSocket } from './simSocket.ts';
import { SimTime } from './simTime.ts';

/** Two connected ends in two processes; what the far end hears. */
function makeLine(time: SimTime): { near: SimSocket; far: SimSocket; heard: string[]; farProcess: SimProcess } {
  const farProcess = new SimProcess(time, 'far');
  const shared = { time, latencyMs: () => 10, windowBytes: 4, maxBacklogBytes: 100 };
  const near = new SimSocket({ ...shared, process: new SimProcess(time, 'near') });
  const far = new SimSocket({ ...shared, process: farProcess });
  near.connectTo(far);
  far.connectTo(near);
  near.accept();
  const heard: string[] = [];
  far.listen({
    onMessage: (message) => heard.push(`${String(message[0])} at ${String(time.now)}`),
    onClose: (code) => heard.push(`closed ${String(code)} at ${String(time.now)}`),
  });
  return { near, far, heard, farProcess };
}

describe('simulated world', () => {
  it('lets things happen in order of time, then of making, with deferred work and promises in between', async () => {
    const time = new SimTime();
    const seen: string[] = [];
    const note = (what: string) => (): void => {
      seen.push(`${what} at ${String(time.now)}`);
    };
    time.at(20, note('late'));
    time.at(10, () => {
      time.defer(note('deferred'));
      void Promise.resolve().then(note('promise'));
      note('first')();
    });
    time.at(10, note('second'));
    time.cancel(time.at(15, note('cancelled')));
    await time.run(30);
    assert.deepEqual(seen, ['first at 10', 'deferred at 10', 'promise at 10', 'second at 10', 'late at 20']);
    assert.equal(time.now, 30);
  });

  it('freezes the timers of a sleeper, and its monotonic clock where the machine does so', async () => {
    for (const monotonicGoesOn of [false, true]) {
      const time = new SimTime();
      const process = new SimProcess(time, 'sleeper');
      const begun = process.now();
      const rang: number[] = [];
      process.after(100, () => rang.push(time.now));
      time.at(50, () => {
        process.sleep({ ms: 1_000, monotonicGoesOn });
      });
      await time.run(2_000);
      assert.deepEqual(rang, [monotonicGoesOn ? 1_050 : 1_100]);
      assert.deepEqual([process.now() - begun, process.monotonic()], [2_000, monotonicGoesOn ? 2_000 : 1_000]);
      assert.equal(process.pendingTimers, 0);
    }
  });

  it('runs nothing of a process that was killed', async () => {
    const time = new SimTime();
    const process = new SimProcess(time, 'victim');
    process.after(10, () => {
      assert.fail('a timer of a dead process');
    });
    time.at(5, () => {
      process.defer(() => {
        assert.fail('deferred work of a dead process');
      });
      process.kill();
    });
    await time.run(100);
  });

  it('delivers in order over a window, holds back what is stalled, and copies when it arrives', async () => {
    const time = new SimTime();
    const { near, heard } = makeLine(time);
    const message = Uint8Array.of(1, 0, 0);
    time.at(100, () => {
      near.send(message);
      near.send(Uint8Array.of(2, 0, 0));
      near.send(Uint8Array.of(3));
      message[0] = 9;
      assert.equal(near.backlogBytes, 1);
      near.hold(true);
    });
    time.at(200, () => {
      near.hold(false);
    });
    await time.run(1_000);
    assert.deepEqual(heard, ['9 at 200', '2 at 200', '3 at 220']);
    assert.equal(near.backlogBytes, 0);
  });

  it('closes behind what was sent, terminates at once, and tells nobody what is lost', async () => {
    for (const [end, expected] of [
      [
        (near: SimSocket) => {
          near.close(4500);
        },
        ['1 at 110', 'closed 4500 at 110'],
      ],
      [
        (near: SimSocket) => {
          near.terminate();
        },
        ['1 at 110', 'closed 1006 at 110'],
      ],
      [
        (near: SimSocket) => {
          near.lose();
        },
        [],
      ],
    ] as const) {
      const time = new SimTime();
      const { near, far, heard } = makeLine(time);
      far.accept();
      time.at(100, () => {
        near.send(Uint8Array.of(1));
        end(near);
      });
      await time.run(50_000);
      assert.deepEqual(heard, expected);
    }
  });

  it('lets a sleeper do nothing: no deferred work, no reading, no timer', async () => {
    const time = new SimTime();
    const { near, far, heard, farProcess } = makeLine(time);
    far.setPace(1_000);
    near.send(Uint8Array.of(1));
    near.send(Uint8Array.of(2));
    time.at(50, () => {
      farProcess.sleep({ ms: 500, monotonicGoesOn: true });
      farProcess.defer(() => heard.push(`deferred at ${String(time.now)}`));
    });
    time.at(100, () => {
      far.setPace(0);
    });
    await time.run(2_000);
    assert.deepEqual(heard, ['deferred at 550', '1 at 550', '2 at 550']);
    farProcess.sleep({ ms: 500, monotonicGoesOn: true });
    farProcess.after(1, () => undefined);
    await assert.rejects(time.run(3_000), /does something in its sleep/u);
  });

  it('keeps the order of what reaches a sleeper', async () => {
    const time = new SimTime();
    const { near, heard, farProcess } = makeLine(time);
    farProcess.sleep({ ms: 110, monotonicGoesOn: false });
    for (const at of [10, 20, 100])
      time.at(at, () => {
        near.send(Uint8Array.of(at));
      });
    await time.run(1_000);
    assert.deepEqual(
      heard.map((line) => line.split(' ')[0]),
      ['10', '20', '100'],
    );
  });
});
