import { ByteWriter } from '../../src/base/byteWriter.ts';
import { errorNumber } from '../../src/protocol/errors.ts';
import type { LinkFrame, LinkRole } from '../../src/protocol/linkFrames.ts';
import { encodeMuxFrame } from '../../src/protocol/muxFrames.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';

export type RecordFrame = Extract<LinkFrame, { type: 'record' }>;

/** What a deed may use: chance, all that the relay has seen, and the line that a frame is about to leave on. */
export interface HostileView {
  readonly chance: SeededRandom;
  readonly crypto: CryptoPort;
  readonly role: LinkRole;
  /** Records that went out on this line so far. */
  readonly sent: readonly Uint8Array[];
  /** Records that went out on all lines of a role, this one's included. */
  readonly seen: Readonly<Record<LinkRole, readonly Uint8Array[]>>;
  /** Has this line's end heard nothing but the handshake yet? */
  readonly isFirstRecord: boolean;
  /** Kept back until the next frame of this line. */
  held: LinkFrame | undefined;
}

/** What goes out in the place of a frame; bytes are no frame of this protocol. */
export type Deed = (frame: LinkFrame, view: HostileView) => readonly (LinkFrame | Uint8Array)[];

const EARLIER = 40;

function onRecord(deed: (frame: RecordFrame, view: HostileView) => readonly (LinkFrame | Uint8Array)[]): Deed {
  return (frame, view) => (frame.type === 'record' ? deed(frame, view) : [frame]);
}

function onOther(type: LinkFrame['type'], deed: (frame: LinkFrame, view: HostileView) => readonly (LinkFrame | Uint8Array)[]): Deed {
  return (frame, view) => (frame.type === type ? deed(frame, view) : [frame]);
}

function one(records: readonly Uint8Array[], { chance }: HostileView): Uint8Array | undefined {
  return records[chance.int(records.length)];
}

/** A record more, taken from elsewhere; nothing where there is none. */
function andAnother(frame: RecordFrame, record: Uint8Array | undefined): readonly LinkFrame[] {
  return record ? [frame, { ...frame, record }] : [frame];
}

function flipped({ chance }: HostileView, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const at = chance.int(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << chance.int(8));
  return copy;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  return new ByteWriter(first.length + second.length).bytes(first).bytes(second).finish();
}

const forged: Uint8Array = (() => {
  const out = new ByteWriter(256);
  encodeMuxFrame({ type: 'ping', token: 1 }, out);
  return out.finish();
})();

/** What a relay that means harm may do to what it carries. */
export const hostileDeeds: Readonly<Record<string, Deed>> = {
  'sends a record twice': onRecord((frame) => [frame, frame]),
  'sends an old record of this line again': onRecord((frame, view) => andAnother(frame, one(view.sent.slice(-EARLIER), view))),
  'sends a record of an earlier line again': onRecord((frame, view) => andAnother(frame, one(view.seen[view.role], view))),
  'sends the first records of an earlier line in place of these': onRecord((frame, view) =>
    view.isFirstRecord ? [{ ...frame, record: view.seen[view.role][0] ?? frame.record }] : [frame],
  ),
  'swaps two records': onRecord((frame, view) => {
    const { held } = view;
    view.held = held ? undefined : frame;
    return held ? [frame, held] : [];
  }),
  'drops a record': onRecord(() => []),
  'drops whatever is no heartbeat': (frame) => (frame.type === 'heartbeat' ? [frame] : []),
  'flips a bit of a record': onRecord((frame, view) => [{ ...frame, record: flipped(view, frame.record) }]),
  'flips a bit of a handshake': onRecord((frame, view) =>
    view.isFirstRecord ? [{ ...frame, record: flipped(view, frame.record) }] : [frame],
  ),
  'cuts a record short': onRecord((frame, { chance }) => [{ ...frame, record: frame.record.subarray(0, chance.int(frame.record.length)) }]),
  'makes a record longer': onRecord((frame, { chance }) => [{ ...frame, record: joined(frame.record, chance.bytes(1 + chance.int(16))) }]),
  'splits a record': onRecord((frame, { chance }) => {
    const at = chance.int(frame.record.length);
    return [
      { ...frame, record: frame.record.subarray(0, at) },
      { ...frame, record: frame.record.subarray(at) },
    ];
  }),
  'joins two records': onRecord((frame, view) => {
    const { held } = view;
    view.held = held ? undefined : frame;
    return held?.type === 'record' ? [{ ...frame, record: joined(held.record, frame.record) }] : [];
  }),
  'puts in a record of its own': onRecord((frame, { chance }) => andAnother(frame, chance.bytes(1 + chance.int(200)))),
  'offers plaintext': onRecord((frame) => [{ ...frame, record: forged }, frame]),
  'gives a record back to where records like it come from': onRecord((frame, view) =>
    andAnother(frame, one(view.seen[view.role === 'client' ? 'device' : 'client'], view)),
  ),
  'gives one what is for another': onRecord((frame, view) => [{ ...frame, record: one(view.seen[view.role], view) ?? frame.record }]),
  'answers a handshake with keys of its own': onRecord((frame, view) => {
    if (!view.isFirstRecord) return [frame];
    const { publicKey } = view.crypto.importKey(view.chance.bytes(32));
    return [{ ...frame, record: joined(publicKey, view.chance.bytes(Math.max(0, frame.record.length - publicKey.length))) }];
  }),
  'puts another key into JOINED': onOther('joined', (frame, { chance, crypto }) =>
    frame.type === 'joined' ? [{ ...frame, id: crypto.importKey(chance.bytes(32)).publicKey }] : [],
  ),
  'says JOINED twice': onOther('joined', (frame) => [frame, frame]),
  'says LEFT though nobody left': onRecord((frame) => [frame, { type: 'left', circuit: frame.circuit, reason: errorNumber('closed') }]),
  'says WAITING though the device is there': onRecord((frame) => [frame, { type: 'waiting' }]),
  'says LEFT with a reason that ends a pairing': onRecord((frame) => [
    { type: 'left', circuit: frame.circuit, reason: errorNumber('revoked') },
    frame,
  ]),
  'mixes up circuits': onRecord((frame) => (frame.circuit === undefined ? [frame] : [{ ...frame, circuit: frame.circuit + 1 }])),
  'asks for the proof of another relay': onOther('challenge', (frame, { chance, crypto }) =>
    frame.type === 'challenge' ? [{ ...frame, relayKey: crypto.importKey(chance.bytes(32)).publicKey }] : [],
  ),
  'asks for the proof twice': onOther('challenge', (frame) => [frame, frame]),
  'admits twice, and confirms what was never published': onOther('admitted', (frame) => [frame, { type: 'tokensOk', seq: 7_777 }, frame]),
  'sends everybody away again and again': (frame) => [frame, { type: 'goaway', delayMs: 0 }],
  'speaks another version': (frame) => [frame, Uint8Array.of(99, 1, 2, 3)],
  'speaks as an end does': (frame) => [frame, { type: 'heartbeatAck' }],
};
