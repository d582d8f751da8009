import assert from 'node:assert/strict';
import jsQr from 'jsqr';
import { runInvite } from '../../src/relay/node/runRelay.ts';
import { checkInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';

const secret = 'a secret of sufficient length';
const colours = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

function invite(
  flags: Partial<Parameters<typeof runInvite>[1]>,
  more: { env?: Record<string, string>; isTerminal?: boolean } = {},
): string[] {
  let printed = '';
  const { env = {}, isTerminal = false } = more;
  runInvite('anna', { days: '30', ...flags }, { env: { C2L_SECRET: secret, ...env }, isTerminal, print: (text) => void (printed += text) });
  return printed.replace(colours, '').trimEnd().split('\n');
}

/** What a reader sees of such lines, a pixel for each half of a character, larger. */
function readLines(lines: readonly string[]): string | undefined {
  const scale = 4;
  const columns = lines[0]?.length ?? 0;
  const [width, height] = [columns * scale, lines.length * 2 * scale];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / scale);
      const character = lines[row >> 1]?.[Math.floor(x / scale)] ?? ' ';
      const isWhite = character === '█' || character === (row % 2 === 0 ? '▀' : '▄');
      data.fill(isWhite ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      data[(y * width + x) * 4 + 3] = 255;
    }
  }
  return (jsQr as unknown as typeof jsQr.default)(data, width, height)?.data;
}

describe('relay invite', () => {
  it('prints an invite that the relay knows, and the join link where the relay’s address is known', () => {
    const [alone, ...none] = invite({});
    assert.deepEqual(none, []);
    const known = checkInvite(nodeCrypto, new TextEncoder().encode(secret), alone ?? '', Date.now(), new Set());
    assert.ok(known.kind === 'ok' && known.name === 'anna');
    assert.ok(Math.abs(known.notAfter - (Date.now() / 1000 + 30 * 86_400)) < 10);
    const [first, link] = invite({ publicUrl: ['https://relay.example'] });
    assert.equal(link, `https://relay.example/join#${first ?? ''}`);
    assert.match(invite({}, { env: { C2L_PUBLIC_URL: 'https://a.example, https://b.example' } })[1] ?? '', /^https:\/\/a\.example\/join#/);
    const event = JSON.parse(invite({ json: true, publicUrl: ['https://relay.example'] })[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(Object.keys(event), ['event', 'name', 'invite', 'notAfter', 'link']);
  });

  it('draws the link as a QR code on a terminal, and only there', () => {
    const [, link, ...code] = invite({ publicUrl: ['https://relay.example'] }, { isTerminal: true });
    assert.equal(readLines(code), link);
    assert.ok((code[0]?.length ?? 0) < 80);
    assert.equal(invite({ publicUrl: ['https://relay.example'] }).length, 2);
    assert.equal(invite({}, { isTerminal: true }).length, 1);
  });

  it('names a missing secret, a name that cannot be one, and a life that is no number of days', () => {
    const fails = (code: string, task: () => unknown): void => {
      assert.throws(task, { code });
    };
    fails('secretRequired', () => invite({}, { env: { C2L_SECRET: '' } }));
    fails('badNumber', () => invite({ days: 'ten' }));
    fails('badNumber', () => invite({ days: '0' }));
    fails('badInviteName', () => {
      runInvite('Anna!', { days: '1' }, { env: { C2L_SECRET: secret }, isTerminal: false, print: () => undefined });
    });
  });
});
