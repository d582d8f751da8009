import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { encodeLinkFrame } from '../../src/protocol/linkFrames.ts';
import { hashOf, LinkEnd, newKey } from './linkEnd.ts';
import { CliProcess, runners, type Runner } from './relayProcess.ts';
import { upgradeBytes } from './support/rawHttp.ts';

const [source] = runners as [Runner];
const SAMPLES = 60;

interface Heard {
  /** All that came on the connection, from the first byte on, as hex. */
  readonly bytes: string;
  /** From the DIAL to what it was answered. */
  readonly ms: number;
}

/** Dials on a plain socket and hears the first answer. The mask is zero, so that nothing but the hash differs between two dials. */
async function dial(port: number, hash: Uint8Array): Promise<Heard> {
  const frame = encodeLinkFrame({ type: 'dial', hash }, 'client');
  const socket = connect(port, '127.0.0.1');
  try {
    socket.setNoDelay(true).write(upgradeBytes(port));
    return await new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let sentAt: number | undefined;
      const heard = (): void => {
        resolve({ bytes: Buffer.concat(pieces).toString('hex'), ms: performance.now() - (sentAt ?? NaN) });
      };
      socket.on('error', reject).on('close', heard);
      socket.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (sentAt !== undefined) heard();
        else if (Buffer.concat(pieces).includes('\r\n\r\n')) {
          sentAt = performance.now();
          socket.write(Buffer.concat([Buffer.from([0x82, 0x80 | frame.length, 0, 0, 0, 0]), frame]));
        }
      });
    });
  } finally {
    socket.destroy();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

describe('what a dial learns of a device', () => {
  let relay: CliProcess;
  let url: string;
  let port: number;
  before(async () => {
    relay = new CliProcess(source, ['relay', '--port', '0', '--json', '--open'], { C2L_LOG_LEVEL: 'error' });
    url = String((await relay.event('listening'))['url']);
    port = Number(new URL(url).port);
  });
  after(() => relay.kill());

  it('is nothing: unknown, offline and taken back are answered by the same bytes in the same time', async () => {
    const gone = await LinkEnd.device(url, '', ['offline'], newKey());
    gone.ws.close();
    await gone.closed();
    const here = await LinkEnd.device(url, '', ['served', 'taken back'], newKey());
    here.send({ type: 'tokens', seq: 2, replace: false, add: [], remove: [hashOf('taken back')] });
    await here.until(() => here.frames.some((frame) => frame.type === 'tokensOk' && frame.seq === 2));
    const kinds: Readonly<Record<string, () => Uint8Array>> = {
      unknown: () => randomBytes(32),
      offline: () => hashOf('offline'),
      'taken back': () => hashOf('taken back'),
    };
    const heard = new Map(Object.keys(kinds).map((kind) => [kind, [] as Heard[]]));
    for (let sample = 0; sample < SAMPLES; sample++)
      for (const [kind, hash] of Object.entries(kinds)) heard.get(kind)?.push(await dial(port, hash()));

    const served = await dial(port, hashOf('served'));
    const answers = new Set([...heard.values()].flat().map(({ bytes }) => bytes));
    assert.equal(answers.size, 1, 'one answer to all');
    const [answer = ''] = answers;
    assert.ok(Buffer.from(answer, 'hex').toString('latin1').startsWith('HTTP/1.1 101 Switching Protocols\r\n'));
    assert.ok(answer.endsWith('0d0a0d0a820107'), 'one WAITING');
    assert.notEqual(served.bytes, answer, 'who is let in hears otherwise');
    const medians = [...heard.values()].map((of) => median(of.map(({ ms }) => ms)));
    assert.ok(Math.max(...medians) < 2 * Math.min(...medians) + 1, medians.map((ms) => ms.toFixed(2)).join(', '));
    here.ws.terminate();
  });
});
