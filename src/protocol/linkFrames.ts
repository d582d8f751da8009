import { ByteReader } from '../base/byteReader.ts';
import { ByteWriter } from '../base/byteWriter.ts';
import { assertNever } from '../base/assertNever.ts';
import { DecodeError } from '../base/bytes.ts';
import { MAX_LINK_MESSAGE_BYTES, MAX_RECORD_BYTES, MAX_TOKENS_PER_FRAME } from './limits.ts';

/**
 * Link frames: one per WebSocket message, type u8 then fields, integers big-endian. A circuit number stands on device links only; on a
 * client link there is one circuit and `circuit` is undefined.
 */
export type LinkFrame =
  | { readonly type: 'challenge'; readonly relayKey: Uint8Array; readonly nonce: Uint8Array }
  | {
      readonly type: 'register';
      readonly deviceKey: Uint8Array;
      readonly epoch: number;
      readonly instance: Uint8Array;
      readonly attempt: number;
      readonly invite: string;
      readonly proof: Uint8Array;
    }
  | { readonly type: 'admitted'; readonly heartbeatMs: number; readonly maxTokens: number; readonly maxCircuits: number }
  | {
      readonly type: 'tokens';
      readonly seq: number;
      readonly replace: boolean;
      readonly add: readonly Uint8Array[];
      readonly remove: readonly Uint8Array[];
    }
  | { readonly type: 'tokensOk'; readonly seq: number }
  | { readonly type: 'dial'; readonly hash: Uint8Array }
  | { readonly type: 'waiting' }
  /** To the device with the matched hash; to the client with the device's key. */
  | { readonly type: 'joined'; readonly circuit: number | undefined; readonly id: Uint8Array }
  | { readonly type: 'left'; readonly circuit: number | undefined; readonly reason: number }
  /** From the device: end this circuit. */
  | { readonly type: 'leave'; readonly circuit: number; readonly reason: number }
  | { readonly type: 'record'; readonly circuit: number | undefined; readonly record: Uint8Array }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'heartbeatAck' }
  | { readonly type: 'goaway'; readonly delayMs: number };

export type LinkFrameType = LinkFrame['type'];
/** The role of a link is its path: `/v1/device` or `/v1/dial`. */
export type LinkRole = 'device' | 'client';

export const KEY_BYTES = 32;
export const NONCE_BYTES = 32;
export const INSTANCE_BYTES = 16;
export const HASH_BYTES = 32;
export const PROOF_BYTES = 32;
const MAX_INVITE_BYTES = 256;

const typeNumbers = {
  challenge: 1, register: 2, admitted: 3, tokens: 4, tokensOk: 5, dial: 6, waiting: 7, joined: 8, left: 9, leave: 10, record: 11,
  heartbeat: 12, heartbeatAck: 13, goaway: 14,
} as const satisfies Record<LinkFrameType, number>; // prettier-ignore

const typesByNumber = new Map<number, LinkFrameType>(Object.entries(typeNumbers).map(([type, number]) => [number, type as LinkFrameType]));

/** Which frames may arrive, by role of the link and by the end that receives. Anything else is `relayProtocol`. */
export const receivableFrames: Readonly<Record<LinkRole, Readonly<Record<'relay' | 'end', readonly LinkFrameType[]>>>> = {
  device: {
    relay: ['register', 'tokens', 'leave', 'record', 'heartbeatAck'],
    end: ['challenge', 'admitted', 'tokensOk', 'joined', 'left', 'record', 'heartbeat', 'goaway'],
  },
  client: {
    relay: ['dial', 'record', 'heartbeatAck'],
    end: ['waiting', 'joined', 'left', 'record', 'heartbeat', 'goaway'],
  },
};

/** @param role the link's role: on a device link circuit numbers are written. */
export function encodeLinkFrame(frame: LinkFrame, role: LinkRole): Uint8Array {
  const out = new ByteWriter(frame.type === 'record' ? frame.record.length + 8 : 64).u8(typeNumbers[frame.type]);
  const circuit = (value: number | undefined): ByteWriter => (role === 'device' ? out.u32(value ?? 0) : out);
  switch (frame.type) {
    case 'challenge':
      return out.bytes(frame.relayKey).bytes(frame.nonce).finish();
    case 'register':
      out.bytes(frame.deviceKey).u64(frame.epoch).bytes(frame.instance).u32(frame.attempt);
      return out.field(new TextEncoder().encode(frame.invite)).bytes(frame.proof).finish();
    case 'admitted':
      return out.u32(frame.heartbeatMs).u32(frame.maxTokens).u32(frame.maxCircuits).finish();
    case 'tokens':
      out.u32(frame.seq).u8(frame.replace ? 1 : 0);
      writeHashes(out, frame.add);
      writeHashes(out, frame.remove);
      return out.finish();
    case 'tokensOk':
      return out.u32(frame.seq).finish();
    case 'dial':
      return out.bytes(frame.hash).finish();
    case 'joined':
      return circuit(frame.circuit).bytes(frame.id).finish();
    case 'left':
    case 'leave':
      return circuit(frame.circuit).u16(frame.reason).finish();
    case 'record':
      return circuit(frame.circuit).bytes(frame.record).finish();
    case 'goaway':
      return out.u32(frame.delayMs).finish();
    case 'waiting':
    case 'heartbeat':
    case 'heartbeatAck':
      return out.finish();
    default:
      return assertNever(frame);
  }
}

/**
 * Decodes one WebSocket message. Byte fields are views of `bytes`; nothing is allocated beyond the frame itself.
 * @throws DecodeError for anything that {@link encodeLinkFrame} would not have written.
 */
export function decodeLinkFrame(bytes: Uint8Array, role: LinkRole): LinkFrame {
  if (bytes.length > MAX_LINK_MESSAGE_BYTES) throw new DecodeError('link message too long');
  const reader = new ByteReader(bytes);
  const number = reader.u8();
  const type = typesByNumber.get(number);
  if (type === undefined) throw new DecodeError(`unknown link frame ${String(number)}`);
  const frame = decodeFields(type, reader, role);
  reader.end();
  return frame;
}

function decodeFields(type: LinkFrameType, reader: ByteReader, role: LinkRole): LinkFrame {
  const circuit = (): number | undefined => (role === 'device' ? reader.u32() : undefined);
  switch (type) {
    case 'challenge':
      return { type, relayKey: reader.bytes(KEY_BYTES), nonce: reader.bytes(NONCE_BYTES) };
    case 'register':
      return {
        type,
        deviceKey: reader.bytes(KEY_BYTES),
        epoch: reader.u64(),
        instance: reader.bytes(INSTANCE_BYTES),
        attempt: reader.u32(),
        invite: readInvite(reader),
        proof: reader.bytes(PROOF_BYTES),
      };
    case 'admitted':
      return { type, heartbeatMs: reader.u32(), maxTokens: reader.u32(), maxCircuits: reader.u32() };
    case 'tokens':
      return { type, seq: reader.u32(), replace: readFlag(reader), add: readHashes(reader), remove: readHashes(reader) };
    case 'tokensOk':
      return { type, seq: reader.u32() };
    case 'dial':
      return { type, hash: reader.bytes(HASH_BYTES) };
    case 'joined':
      return { type, circuit: circuit(), id: reader.bytes(HASH_BYTES) };
    case 'left':
      return { type, circuit: circuit(), reason: reader.u16() };
    case 'leave':
      return { type, circuit: circuit() ?? 0, reason: reader.u16() };
    case 'record':
      return { type, circuit: circuit(), record: readRecord(reader) };
    case 'goaway':
      return { type, delayMs: reader.u32() };
    case 'waiting':
    case 'heartbeat':
    case 'heartbeatAck':
      return { type };
    default:
      return assertNever(type);
  }
}

function readRecord(reader: ByteReader): Uint8Array {
  if (reader.remaining > MAX_RECORD_BYTES) throw new DecodeError('record too long');
  return reader.rest();
}

function readInvite(reader: ByteReader): string {
  const bytes = reader.field(MAX_INVITE_BYTES);
  let text = '';
  for (const byte of bytes) {
    if (byte < 0x21 || byte > 0x7e) throw new DecodeError('invite with a character that cannot stand in one');
    text += String.fromCharCode(byte);
  }
  return text;
}

function readFlag(reader: ByteReader): boolean {
  const value = reader.u8();
  if (value > 1) throw new DecodeError('flag is neither 0 nor 1');
  return value === 1;
}

function writeHashes(out: ByteWriter, hashes: readonly Uint8Array[]): void {
  out.u16(hashes.length);
  for (const hash of hashes) out.bytes(hash);
}

function readHashes(reader: ByteReader): Uint8Array[] {
  const count = reader.u16();
  if (count > MAX_TOKENS_PER_FRAME || count * HASH_BYTES > reader.remaining) throw new DecodeError('too many hashes');
  return Array.from({ length: count }, () => reader.bytes(HASH_BYTES));
}
