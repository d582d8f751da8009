import { ByteReader } from '../../base/byteReader.ts';
import { ByteWriter } from '../../base/byteWriter.ts';
import { DecodeError, fromHex, fromUtf8, toHex, utf8 } from '../../base/bytes.ts';
import { INSTANCE_BYTES, KEY_BYTES } from '../../protocol/linkFrames.ts';
import { MAX_LINK_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { AdmissionClaim } from '../../secure/admission.ts';
import type { HashKey, Place, Refusal } from '../bus.ts';

/** What tells the nodes of a relay apart; drawn at each start. As text it is hexadecimal. */
export const NODE_NAME_BYTES = 8;
/** Type, node and number. */
export const BUS_HEADER_BYTES = 1 + NODE_NAME_BYTES + 4;
const PULSE_ENTRY_BYTES = 17;
/** Circuits in one pulse, so that it is no longer than a record. */
export const MAX_PULSE_ENTRIES = Math.floor(MAX_LINK_MESSAGE_BYTES / PULSE_ENTRY_BYTES);
const MAX_HASH_BYTES = 64;

/** One circuit in a pulse, as the sender sees it. */
export interface PulseEntry {
  /** The number is the sender's. */
  readonly isSenders: boolean;
  readonly number: number;
  /** Counted frames that the sender has sent. */
  readonly sent: number;
  /** Bytes of records that the sender has received. */
  readonly received: number;
}

/** What is said of one circuit; `seq` counts what may not be missed, from 1 in each direction. */
export type CircuitFrame =
  | { readonly type: 'open'; readonly link: number; readonly hash: HashKey }
  | { readonly type: 'joined'; readonly seq: number; readonly deviceKey: Uint8Array }
  | { readonly type: 'refused'; readonly refusal: Refusal }
  | { readonly type: 'record'; readonly seq: number; readonly record: Uint8Array }
  | { readonly type: 'flow'; readonly seq: number; readonly open: boolean }
  | { readonly type: 'close'; readonly reason: number }
  | { readonly type: 'ack'; readonly received: number };

/** A circuit is named by the node that opened it and that node's number. */
export interface BusHeader {
  readonly from: string;
  /** The number is the sender's; else it is the reader's. */
  readonly isSenders: boolean;
  readonly number: number;
}
export type BusFrame = BusHeader & (CircuitFrame | { readonly type: 'pulse'; readonly circuits: readonly PulseEntry[] });

const types = ['open', 'joined', 'refused', 'record', 'flow', 'close', 'ack', 'pulse'] as const;
const SENDERS = 0x80;
const refusals: readonly Refusal[] = ['gone', 'busy'];

/** @returns bytes of their own */
export function encodeBusFrame(frame: BusFrame): Uint8Array {
  const out = new ByteWriter(BUS_HEADER_BYTES + sizeOf(frame));
  out.u8(types.indexOf(frame.type) | (frame.isSenders ? SENDERS : 0));
  out.bytes(fromHex(frame.from)).u32(frame.number);
  switch (frame.type) {
    case 'open':
      return out.u32(frame.link).bytes(utf8(frame.hash)).finish();
    case 'joined':
      return out.u32(frame.seq).bytes(frame.deviceKey).finish();
    case 'refused':
      return out.u8(refusals.indexOf(frame.refusal)).finish();
    case 'record':
      return out.u32(frame.seq).bytes(frame.record).finish();
    case 'flow':
      return out
        .u32(frame.seq)
        .u8(frame.open ? 1 : 0)
        .finish();
    case 'close':
      return out.u16(frame.reason).finish();
    case 'ack':
      return out.u64(frame.received).finish();
    case 'pulse':
      for (const { isSenders, number, sent, received } of frame.circuits) {
        out
          .u8(isSenders ? 1 : 0)
          .u32(number)
          .u32(sent)
          .u64(received);
      }
      return out.finish();
  }
}

/** What it holds of bytes are views. @throws DecodeError */
export function decodeBusFrame(bytes: Uint8Array): BusFrame {
  const reader = new ByteReader(bytes);
  const first = reader.u8();
  const type = types[first & ~SENDERS];
  const header = { from: toHex(reader.bytes(NODE_NAME_BYTES)), isSenders: (first & SENDERS) !== 0, number: reader.u32() };
  switch (type) {
    case 'open':
      return whole(reader, { ...header, type, link: reader.u32(), hash: readHash(reader) });
    case 'joined':
      return whole(reader, { ...header, type, seq: reader.u32(), deviceKey: reader.bytes(KEY_BYTES) });
    case 'refused':
      return whole(reader, { ...header, type, refusal: refusals[reader.u8()] ?? 'gone' });
    case 'record':
      if (reader.remaining > MAX_LINK_MESSAGE_BYTES) throw new DecodeError('a record too long');
      return { ...header, type, seq: reader.u32(), record: reader.rest() };
    case 'flow':
      return whole(reader, { ...header, type, seq: reader.u32(), open: reader.u8() === 1 });
    case 'close':
      return whole(reader, { ...header, type, reason: reader.u16() });
    case 'ack':
      return whole(reader, { ...header, type, received: reader.u64() });
    case 'pulse': {
      if (reader.remaining > MAX_PULSE_ENTRIES * PULSE_ENTRY_BYTES) throw new DecodeError('a pulse too long');
      const circuits: PulseEntry[] = [];
      while (reader.remaining > 0) {
        circuits.push({ isSenders: reader.u8() === 1, number: reader.u32(), sent: reader.u32(), received: reader.u64() });
      }
      return { ...header, type, circuits };
    }
    default:
      throw new DecodeError('no frame of the bus');
  }
}

function sizeOf(frame: BusFrame): number {
  switch (frame.type) {
    case 'record':
      return 4 + frame.record.length;
    case 'pulse':
      return frame.circuits.length * PULSE_ENTRY_BYTES;
    default:
      return 4 + MAX_HASH_BYTES;
  }
}

function whole<T>(reader: ByteReader, frame: T): T {
  reader.end();
  return frame;
}

function readHash(reader: ByteReader): HashKey {
  if (reader.remaining > MAX_HASH_BYTES) throw new DecodeError('a hash too long');
  return fromUtf8(reader.rest());
}

/** The answer to a dial. */
export function encodePlace({ node, link, epoch, attempt }: Place): Uint8Array {
  return new ByteWriter(28).bytes(fromHex(node)).u32(link).u64(epoch).u64(attempt).finish();
}

/** @throws DecodeError */
export function decodePlace(bytes: Uint8Array): Place {
  const reader = new ByteReader(bytes);
  const node = toHex(reader.bytes(NODE_NAME_BYTES));
  return whole(reader, { node, link: reader.u32(), epoch: reader.u64(), attempt: reader.u64() });
}

/** What nodes tell each other of a device: that its link is new here, or, in answer, that it has been here already. */
export interface ClaimMessage {
  readonly type: 'new' | 'held';
  readonly claim: AdmissionClaim;
  /** Since the device was admitted here. */
  readonly ageMs: number;
}

export function encodeClaim({ type, claim, ageMs }: ClaimMessage): Uint8Array {
  const out = new ByteWriter(64).u8(type === 'held' ? 1 : 0).u64(Math.max(0, Math.round(ageMs)));
  return out.u64(claim.epoch).u64(claim.attempt).bytes(claim.instance).finish();
}

/** @throws DecodeError */
export function decodeClaim(bytes: Uint8Array): ClaimMessage {
  const reader = new ByteReader(bytes);
  const type = reader.u8() === 1 ? 'held' : 'new';
  const ageMs = reader.u64();
  const [epoch, attempt] = [reader.u64(), reader.u64()];
  return whole(reader, { type, ageMs, claim: { epoch, attempt, instance: reader.bytes(INSTANCE_BYTES).slice() } });
}
