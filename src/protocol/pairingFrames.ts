import { ByteReader } from '../base/byteReader.ts';
import { ByteWriter } from '../base/byteWriter.ts';
import { assertNever } from '../base/assertNever.ts';
import { DecodeError, fromUtf8, utf8 } from '../base/bytes.ts';
import { MAX_CLIENT_NAME_BYTES } from './limits.ts';

/** What a client may do once paired: chat; also manage models; also the HTTP API. */
export type Scope = 'chat' | 'models' | 'api';
/** Which program a client is. */
export type ClientKind = 'page' | 'editor' | 'proxy' | 'cli';

/** Messages of the pairing ceremony, one to a record, instead of mux frames. */
export type PairingFrame =
  | { readonly type: 'pair'; readonly name: string; readonly kind: ClientKind; readonly scope: Scope }
  | { readonly type: 'asked' }
  | { readonly type: 'allowed'; readonly clientId: Uint8Array; readonly scope: Scope; readonly deviceName: string }
  | { readonly type: 'denied'; readonly code: number }
  | { readonly type: 'done' };

export const CLIENT_ID_BYTES = 16;

const typeNumbers = { pair: 1, asked: 2, allowed: 3, denied: 4, done: 5 } as const satisfies Record<PairingFrame['type'], number>;
const scopes: readonly Scope[] = ['chat', 'models', 'api'];
const kinds: readonly ClientKind[] = ['page', 'editor', 'proxy', 'cli'];

export function encodePairingFrame(frame: PairingFrame): Uint8Array {
  const out = new ByteWriter(64).u8(typeNumbers[frame.type]);
  switch (frame.type) {
    case 'pair':
      return out.field(name(frame.name)).u8(kinds.indexOf(frame.kind)).u8(scopes.indexOf(frame.scope)).finish();
    case 'allowed':
      return out.bytes(frame.clientId).u8(scopes.indexOf(frame.scope)).field(name(frame.deviceName)).finish();
    case 'denied':
      return out.u16(frame.code).finish();
    case 'asked':
    case 'done':
      return out.finish();
    default:
      return assertNever(frame);
  }
}

/** @throws DecodeError */
export function decodePairingFrame(bytes: Uint8Array): PairingFrame {
  const reader = new ByteReader(bytes);
  const frame = decodeFields(reader.u8(), reader);
  reader.end();
  return frame;
}

function decodeFields(number: number, reader: ByteReader): PairingFrame {
  switch (number) {
    case typeNumbers.pair:
      return { type: 'pair', name: readName(reader), kind: pick(kinds, reader.u8()), scope: pick(scopes, reader.u8()) };
    case typeNumbers.asked:
      return { type: 'asked' };
    case typeNumbers.allowed:
      return { type: 'allowed', clientId: reader.bytes(CLIENT_ID_BYTES), scope: pick(scopes, reader.u8()), deviceName: readName(reader) };
    case typeNumbers.denied:
      return { type: 'denied', code: reader.u16() };
    case typeNumbers.done:
      return { type: 'done' };
    default:
      throw new DecodeError(`unknown pairing frame ${String(number)}`);
  }
}

function pick<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new DecodeError('value out of range');
  return value;
}

/** Cuts a name to what may travel, between characters. */
function name(text: string): Uint8Array {
  let cut = text;
  while (utf8(cut).length > MAX_CLIENT_NAME_BYTES) cut = cut.slice(0, /[\uDC00-\uDFFF]$/.test(cut) ? -2 : -1);
  return utf8(cut);
}

/** Names come from outside and stand in questions: control and direction-changing characters are taken out. */
function readName(reader: ByteReader): string {
  return fromUtf8(reader.field(MAX_CLIENT_NAME_BYTES)).replace(/[\p{C}\u2028\u2029]/gu, '');
}
