import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../src/protocol/limits.ts';
import { encodePairingFrame, type PairingFrame } from '../../src/protocol/pairingFrames.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { prologue } from '../../src/secure/prologue.ts';
import { DeviceCircuit } from '../../src/tunnel/deviceCircuit.ts';
import { RecordPump } from '../../src/tunnel/recordPump.ts';
import { Session } from '../../src/tunnel/session.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

describe('a circuit at the device', () => {
  const clock = new FakeClock();
  const random = new SeededRandom(5);
  const identity = nodeCrypto.importKey(random.bytes(32));
  const clientKey = nodeCrypto.importKey(random.bytes(32));
  const psk = random.bytes(32);
  /** Everything that happened at the device, in order. */
  let log: string[];
  let circuits: DeviceCircuit[];

  beforeEach(() => {
    log = [];
    circuits = [];
  });
  afterEach(() => {
    for (const circuit of circuits) circuit.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  function circuit(name: string, send: (record: Uint8Array) => void): DeviceCircuit {
    const made = new DeviceCircuit(
      {
        crypto: nodeCrypto,
        random,
        clock,
        identity,
        pump: new RecordPump(clock, () => 0),
        match: {
          purpose: 'pairing',
          psk,
          accepts: () => true,
          onBadTry: () => log.push(`${name}: bad try`),
          onChannel: () => {
            log.push(`${name}: channel`);
            return {
              onFrame: (frame: PairingFrame) => log.push(`${name}: ${frame.type}`),
              onClosed: () => log.push(`${name}: closed`),
            };
          },
        },
      },
      {
        send,
        onHandshakeOver: () => log.push(`${name}: handshake over`),
        takeMux: () => assert.fail('no mux in a pairing'),
        releaseMux: () => assert.fail('no mux in a pairing'),
        onLeave: (reason: ErrorCode) => log.push(`${name}: left ${reason}`),
      },
    );
    circuits.push(made);
    return made;
  }

  it('changes nothing for a repeated message 1, and is left when no record follows it', async () => {
    let message1: Uint8Array | undefined;
    const client: Session = new Session(
      { crypto: nodeCrypto, random, clock, prologue: prologue('pairing', identity.publicKey), psk, staticKey: clientKey },
      {
        send: (record) => {
          message1 ??= record.slice();
          real.receive(record);
        },
        onEstablished: () => undefined,
        onFrames: () => undefined,
        onFailed: () => undefined,
      },
    );
    const real = circuit('real', (record) => {
      client.receive(record);
    });
    client.initiate(identity.publicKey);
    client.send(encodePairingFrame({ type: 'pair', name: 'Page', kind: 'page', scope: 'chat' }));
    client.dispose();
    assert.deepEqual(log, ['real: handshake over', 'real: channel', 'real: pair']);
    log = [];
    assert.ok(message1);
    circuit('repeated', () => undefined).receive(message1);
    assert.equal(log.length, 0, 'nothing has changed');
    await clock.advance(HANDSHAKE_TIMEOUT_MS + 1);
    assert.ok(!log.some((entry) => entry.startsWith('real')));
    assert.deepEqual([...new Set(log)], ['repeated: handshake over', 'repeated: left deviceSilent']);
  });

  it('counts a message 1 without the secret as a bad try', () => {
    circuit('wrong', () => undefined).receive(random.bytes(96));
    assert.deepEqual([...new Set(log)], ['wrong: handshake over', 'wrong: bad try', 'wrong: left handshakeFailed']);
  });
});
