import { ByteReader } from '../base/byteReader.ts';
import type { ByteWriter } from '../base/byteWriter.ts';
import { assertNever } from '../base/assertNever.ts';
import { DecodeError } from '../base/bytes.ts';
import { MAX_DATA_BYTES, MAX_STREAMS } from './limits.ts';

/** What a stream carries. */
export type StreamKind = 'chat' | 'blob' | 'http';

/** One end's state of a live stream, as told in HELLO. */
export interface StreamState {
  readonly id: number;
  /** Bytes received without a gap: the peer goes on from here. */
  readonly received: number;
  /** Absolute offset up to which the peer may send. */
  readonly limit: number;
  /** The peer's FIN has arrived. */
  readonly ended: boolean;
  /** This end has asked the peer to stop sending. */
  readonly stopRequested: boolean;
}

/**
 * Mux frames, several to a record. Every frame is idempotent: offsets and credits are absolute, STOP and RESET are stream state.
 * Stream ids are odd when opened by the client, even by the device; they rise and are never reused.
 */
export type MuxFrame =
  | {
      readonly type: 'hello';
      readonly muxId: Uint8Array;
      readonly attempt: number;
      /** The device's mux table; all zero while the client has not learned one. */
      readonly incarnation: Uint8Array;
      /** Highest id of the *peer's* streams that this end has accepted. */
      readonly highestOpened: number;
      readonly streams: readonly StreamState[];
    }
  | { readonly type: 'open'; readonly id: number; readonly kind: StreamKind }
  | { readonly type: 'data'; readonly id: number; readonly offset: number; readonly fin: boolean; readonly bytes: Uint8Array }
  | { readonly type: 'credit'; readonly id: number; readonly consumed: number; readonly limit: number }
  | { readonly type: 'stop'; readonly id: number }
  | { readonly type: 'reset'; readonly id: number; readonly code: number }
  | { readonly type: 'ping'; readonly token: number }
  | { readonly type: 'pong'; readonly token: number }
  /** The far end's last word: revoked, paused. */
  | { readonly type: 'close'; readonly code: number };

export const MUX_ID_BYTES = 16;
export const INCARNATION_BYTES = 8;
/** Type, id, offset, flags and length of a DATA frame. */
export const DATA_HEADER_BYTES = 16;

const typeNumbers = { hello: 1, open: 2, data: 3, credit: 4, stop: 5, reset: 6, ping: 7, pong: 8, close: 9 } as const satisfies Record<
  MuxFrame['type'],
  number
>;
const typesByNumber = new Map<number, MuxFrame['type']>(
  Object.entries(typeNumbers).map(([type, number]) => [number, type as MuxFrame['type']]),
);
const kindNumbers = { chat: 1, blob: 2, http: 3 } as const satisfies Record<StreamKind, number>;
const kindsByNumber = new Map<number, StreamKind>(Object.entries(kindNumbers).map(([kind, number]) => [number, kind as StreamKind]));

export function encodeMuxFrame(frame: MuxFrame, out: ByteWriter): void {
  out.u8(typeNumbers[frame.type]);
  switch (frame.type) {
    case 'hello':
      out.bytes(frame.muxId).u32(frame.attempt).bytes(frame.incarnation).u32(frame.highestOpened).u16(frame.streams.length);
      for (const s of frame.streams)
        out
          .u32(s.id)
          .u64(s.received)
          .u64(s.limit)
          .u8((s.ended ? 1 : 0) | (s.stopRequested ? 2 : 0));
      return;
    case 'open':
      out.u32(frame.id).u8(kindNumbers[frame.kind]);
      return;
    case 'data':
      out
        .u32(frame.id)
        .u64(frame.offset)
        .u8(frame.fin ? 1 : 0)
        .field(frame.bytes);
      return;
    case 'credit':
      out.u32(frame.id).u64(frame.consumed).u64(frame.limit);
      return;
    case 'stop':
      out.u32(frame.id);
      return;
    case 'reset':
      out.u32(frame.id).u16(frame.code);
      return;
    case 'ping':
    case 'pong':
      out.u32(frame.token);
      return;
    case 'close':
      out.u16(frame.code);
      return;
    default:
      assertNever(frame);
  }
}

/** The part of a DATA frame before its bytes, for a sender that copies these straight from where it keeps them. */
export function encodeDataHeader(id: number, offset: number, fin: boolean, length: number, out: ByteWriter): void {
  out
    .u8(typeNumbers.data)
    .u32(id)
    .u64(offset)
    .u8(fin ? 1 : 0)
    .u16(length);
}

/**
 * Decodes all frames of one record. Byte fields are views of `bytes`.
 * @throws DecodeError for anything that {@link encodeMuxFrame} would not have written.
 */
export function decodeMuxFrames(bytes: Uint8Array): MuxFrame[] {
  const reader = new ByteReader(bytes);
  const frames: MuxFrame[] = [];
  while (reader.remaining > 0) frames.push(decodeFrame(reader));
  return frames;
}

function decodeFrame(reader: ByteReader): MuxFrame {
  const number = reader.u8();
  const type = typesByNumber.get(number);
  switch (type) {
    case undefined:
      throw new DecodeError(`unknown mux frame ${String(number)}`);
    case 'hello':
      return {
        type,
        muxId: reader.bytes(MUX_ID_BYTES),
        attempt: reader.u32(),
        incarnation: reader.bytes(INCARNATION_BYTES),
        highestOpened: reader.u32(),
        streams: readStreams(reader),
      };
    case 'open': {
      const id = readId(reader);
      const kind = kindsByNumber.get(reader.u8());
      if (kind === undefined) throw new DecodeError('unknown kind of stream');
      return { type, id, kind };
    }
    case 'data':
      return { type, id: readId(reader), offset: reader.u64(), fin: readFlags(reader, 1) === 1, bytes: reader.field(MAX_DATA_BYTES) };
    case 'credit': {
      const frame = { type, id: readId(reader), consumed: reader.u64(), limit: reader.u64() };
      if (frame.limit < frame.consumed) throw new DecodeError('credit below what was consumed');
      return frame;
    }
    case 'stop':
      return { type, id: readId(reader) };
    case 'reset':
      return { type, id: readId(reader), code: reader.u16() };
    case 'ping':
    case 'pong':
      return { type, token: reader.u32() };
    case 'close':
      return { type, code: reader.u16() };
    default:
      return assertNever(type);
  }
}

function readStreams(reader: ByteReader): StreamState[] {
  const count = reader.u16();
  if (count > MAX_STREAMS * 2) throw new DecodeError('too many streams in HELLO');
  return Array.from({ length: count }, () => {
    const id = readId(reader);
    const received = reader.u64();
    const limit = reader.u64();
    const flags = readFlags(reader, 3);
    if (limit < received) throw new DecodeError('limit below what was received');
    return { id, received, limit, ended: (flags & 1) !== 0, stopRequested: (flags & 2) !== 0 };
  });
}

function readId(reader: ByteReader): number {
  const id = reader.u32();
  if (id === 0) throw new DecodeError('stream 0');
  return id;
}

function readFlags(reader: ByteReader, allowed: number): number {
  const flags = reader.u8();
  if ((flags & ~allowed) !== 0) throw new DecodeError('unknown flags');
  return flags;
}
