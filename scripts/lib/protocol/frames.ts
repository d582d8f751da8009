import assert from 'node:assert/strict';
import { ByteWriter } from '../../../src/base/byteWriter.ts';
import { encodeLinkFrame, type LinkFrame, type LinkRole } from '../../../src/protocol/linkFrames.ts';
import { encodeMuxFrame, type MuxFrame } from '../../../src/protocol/muxFrames.ts';
import { encodePairingFrame, type PairingFrame } from '../../../src/protocol/pairingFrames.ts';
import { bytesOf, diagram, fixed, list, rest, sized, u16, u32, u64, u8, vector, type Field, type Layout } from './layout.ts';

/** Bytes that rise, so that a field in the wrong place shows. */
const rising = (from: number, count: number): Uint8Array => Uint8Array.from({ length: count }, (_, index) => (from + index) % 256);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const type = (number: number): Field => u8('type', number);

const toDevice = 'relay → device';
const toRelay = 'device → relay';
const [D, E, nonce, instance, proof] = [rising(0xd0, 32), rising(0xe0, 32), rising(0x10, 32), rising(0x40, 16), rising(0x80, 32)];
const hash = rising(0x60, 32);
const record = Uint8Array.of(0xca, 0xfe);

/** Layout, and the frame that the code encodes to the same bytes. */
type LinkSample = readonly [Layout, LinkFrame, LinkRole];

const linkSamples: readonly LinkSample[] = [
  [
    { name: 'CHALLENGE', direction: toDevice, fields: [type(1), fixed('E', E), fixed('nonce', nonce)] },
    { type: 'challenge', relayKey: E, nonce },
    'device',
  ],
  [
    {
      name: 'REGISTER',
      direction: toRelay,
      fields: [
        type(2),
        fixed('D', D),
        u64('epoch', 5),
        fixed('instance', instance),
        u32('attempt', 7),
        sized('invite', text('a.9.x'), '"a.9.x"'),
        fixed('proof', proof),
      ],
    },
    { type: 'register', deviceKey: D, epoch: 5, instance, attempt: 7, invite: 'a.9.x', proof },
    'device',
  ],
  [
    {
      name: 'ADMITTED',
      direction: toDevice,
      fields: [type(3), u32('heartbeat ms', 15_000), u32('max tokens', 512), u32('max circuits per hash', 8)],
    },
    { type: 'admitted', heartbeatMs: 15_000, maxTokens: 512, maxCircuits: 8 },
    'device',
  ],
  [
    {
      name: 'TOKENS',
      direction: toRelay,
      fields: [type(4), u32('seq', 9), u8('replace', 1), list('hashes to add', [[fixed('', hash)]], 32), list('hashes to remove', [], 32)],
    },
    { type: 'tokens', seq: 9, replace: true, add: [hash], remove: [] },
    'device',
  ],
  [{ name: 'TOKENS_OK', direction: toDevice, fields: [type(5), u32('seq', 9)] }, { type: 'tokensOk', seq: 9 }, 'device'],
  [{ name: 'DIAL', direction: 'client → relay', fields: [type(6), fixed('dial hash', hash)] }, { type: 'dial', hash }, 'client'],
  [{ name: 'WAITING', direction: 'relay → client', fields: [type(7)] }, { type: 'waiting' }, 'client'],
  [
    { name: 'JOINED', direction: toDevice, fields: [type(8), u32('circuit', 3), fixed('dial hash', hash)] },
    { type: 'joined', circuit: 3, id: hash },
    'device',
  ],
  [
    { name: 'JOINED', direction: 'relay → client', fields: [type(8), fixed('D', D)] },
    { type: 'joined', circuit: undefined, id: D },
    'client',
  ],
  [
    { name: 'LEFT', direction: toDevice, fields: [type(9), u32('circuit', 3), u16('reason', 20)] },
    { type: 'left', circuit: 3, reason: 20 },
    'device',
  ],
  [
    { name: 'LEFT', direction: 'relay → client', fields: [type(9), u16('reason', 20)] },
    { type: 'left', circuit: undefined, reason: 20 },
    'client',
  ],
  [
    { name: 'LEAVE', direction: toRelay, fields: [type(10), u32('circuit', 3), u16('reason', 25)] },
    { type: 'leave', circuit: 3, reason: 25 },
    'device',
  ],
  [
    { name: 'RECORD', direction: 'relay ↔ device', fields: [type(11), u32('circuit', 3), rest('record', record)] },
    { type: 'record', circuit: 3, record },
    'device',
  ],
  [
    { name: 'RECORD', direction: 'relay ↔ client', fields: [type(11), rest('record', record)] },
    { type: 'record', circuit: undefined, record },
    'client',
  ],
  [{ name: 'HEARTBEAT', direction: 'relay → both', fields: [type(12)] }, { type: 'heartbeat' }, 'client'],
  [{ name: 'HEARTBEAT_ACK', direction: 'both → relay', fields: [type(13)] }, { type: 'heartbeatAck' }, 'client'],
  [{ name: 'GOAWAY', direction: 'relay → both', fields: [type(14), u32('ms', 700)] }, { type: 'goaway', delayMs: 700 }, 'client'],
];

const clientId = rising(0x20, 16);
const pairingSamples: readonly (readonly [Layout, PairingFrame])[] = [
  [
    { name: 'PAIR', direction: 'client → device', fields: [type(1), sized('name', text('Tab'), '"Tab"'), u8('kind', 0), u8('scope', 0)] },
    { type: 'pair', name: 'Tab', kind: 'page', scope: 'chat' },
  ],
  [{ name: 'ASKED', direction: 'device → client', fields: [type(2)] }, { type: 'asked' }],
  [
    {
      name: 'ALLOWED',
      direction: 'device → client',
      fields: [type(3), fixed('client id', clientId), u8('scope', 0), sized('device name', text('Desk'), '"Desk"')],
    },
    { type: 'allowed', clientId, scope: 'chat', deviceName: 'Desk' },
  ],
  [
    { name: 'DENIED', direction: 'device → client', fields: [type(4), u16('reason', 32)] },
    { type: 'denied', code: 32 },
  ],
  [{ name: 'DONE', direction: 'client → device', fields: [type(5)] }, { type: 'done' }],
];

const muxId = rising(0xa0, 16);
const incarnation = rising(0xb0, 8);
const both = 'both ways';
const muxSamples: readonly (readonly [Layout, MuxFrame])[] = [
  [
    {
      name: 'HELLO',
      direction: both,
      fields: [
        type(1),
        fixed('mux id', muxId),
        u32('attempt', 2),
        fixed('incarnation', incarnation),
        u32('highest opened', 4),
        list('streams', [[u32('id', 1), u64('received', 300), u64('limit', 65_836), u8('flags', 2)]], 21),
      ],
    },
    {
      type: 'hello',
      muxId,
      attempt: 2,
      incarnation,
      highestOpened: 4,
      streams: [{ id: 1, received: 300, limit: 65_836, ended: false, stopRequested: true }],
    },
  ],
  [
    { name: 'OPEN', direction: both, fields: [type(2), u32('id', 1), u8('kind', 3)] },
    { type: 'open', id: 1, kind: 'http' },
  ],
  [
    {
      name: 'DATA',
      direction: both,
      fields: [type(3), u32('id', 1), u64('offset', 300), u8('flags', 1), sized('bytes', text('hi'), '"hi"')],
    },
    { type: 'data', id: 1, offset: 300, fin: true, bytes: text('hi') },
  ],
  [
    { name: 'CREDIT', direction: both, fields: [type(4), u32('id', 1), u64('consumed', 300), u64('limit', 65_836)] },
    { type: 'credit', id: 1, consumed: 300, limit: 65_836 },
  ],
  [
    { name: 'STOP', direction: both, fields: [type(5), u32('id', 1)] },
    { type: 'stop', id: 1 },
  ],
  [
    { name: 'RESET', direction: both, fields: [type(6), u32('id', 1), u16('reason', 46)] },
    { type: 'reset', id: 1, code: 46 },
  ],
  [
    { name: 'PING', direction: both, fields: [type(7), u32('token', 6)] },
    { type: 'ping', token: 6 },
  ],
  [
    { name: 'PONG', direction: both, fields: [type(8), u32('token', 6)] },
    { type: 'pong', token: 6 },
  ],
  [
    { name: 'CLOSE', direction: 'device → client', fields: [type(9), u16('reason', 25)] },
    { type: 'close', code: 25 },
  ],
];

function muxBytes(frame: MuxFrame): Uint8Array {
  const out = new ByteWriter(64);
  encodeMuxFrame(frame, out);
  return out.finish();
}

/** Diagrams, then the samples with their bytes. @throws when the code writes other bytes than the layout says */
function block(samples: readonly (readonly [Layout, Uint8Array])[]): string {
  for (const [layout, encoded] of samples) assert.deepEqual([...bytesOf(layout)], [...encoded], `${layout.name} is not laid out so`);
  const named = ({ name, direction }: Layout): string =>
    samples.filter(([other]) => other.name === name).length > 1 ? `${name} (${direction})` : name;
  return [
    fence(samples.map(([layout]) => diagram(layout)).join('\n\n')),
    'Golden bytes: the frames above with these fields.',
    fence(samples.map(([layout]) => `${sampleOf(layout)}\n${vector(named(layout), bytesOf(layout))}`).join('\n')),
  ].join('\n\n');
}

function sampleOf({ fields }: Layout): string {
  const said = fields
    .slice(1)
    .map(({ name, sample }) => `${name} ${/^[0-9a-f]{21,}$/.test(sample) ? `${sample.slice(0, 4)}…${sample.slice(-2)}` : sample}`);
  return `# ${said.length === 0 ? 'no fields' : said.join(' · ')}`;
}

export function fence(content: string): string {
  return `\`\`\`text\n${content}\n\`\`\``;
}

export const linkFrames = (): string => block(linkSamples.map(([layout, frame, role]) => [layout, encodeLinkFrame(frame, role)]));
export const pairingFrames = (): string => block(pairingSamples.map(([layout, frame]) => [layout, encodePairingFrame(frame)]));
export const muxFrames = (): string => block(muxSamples.map(([layout, frame]) => [layout, muxBytes(frame)]));
