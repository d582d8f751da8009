import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkCloseCodes } from '../../../src/protocol/closeCodes.ts';
import { errorCatalogue, type ErrorEntry } from '../../../src/protocol/errors.ts';
import * as limits from '../../../src/protocol/limits.ts';
import { receivableFrames } from '../../../src/protocol/linkFrames.ts';
import type { Rate } from '../../../src/base/rateLimiter.ts';
import { httpRoutes } from '../../../src/policy/httpRoutes.ts';
import { labels } from '../../../src/secure/labels.ts';
import { root } from '../../../test/harness/paths.ts';

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** 65536 as `64 KiB`, 300000 as `5 min`: what is said beside the number. */
function inUnits(name: string, value: number): string {
  const units: readonly (readonly [number, string])[] = name.endsWith('_MS')
    ? [
        [60_000, 'min'],
        [1000, 's'],
      ]
    : name.endsWith('_BYTES') || name.endsWith('_UNITS')
      ? [
          [1024 * 1024, 'Mi'],
          [1024, 'Ki'],
        ]
      : [];
  const unit = units.find(([size]) => value >= size && value % size === 0);
  return unit ? `${String(value)} (${String(value / unit[0])} ${unit[1]})` : String(value);
}

/** A rate as buckets of tokens hold it. */
function rateInWords({ burst, perSecond }: Rate): string {
  const isSlow = perSecond < 1;
  return `${String(burst)} at once, then ${String(isSlow ? perSecond * 60 : perSecond)} ${isSlow ? 'a minute' : 'a second'}`;
}

/** The comment above each constant; one that has none belongs to the comment above its neighbour. */
function reasons(source: string): Map<string, string> {
  const found = new Map<string, string>();
  let reason = '';
  for (const [, comment, name] of source.matchAll(/\/\*\*([\s\S]*?)\*\/|^export const (\w+)/gm)) {
    if (comment !== undefined) {
      reason = comment
        .replaceAll(/^\s*\* ?/gm, '')
        .replaceAll(/\s+/g, ' ')
        .trim();
    } else if (name !== undefined) found.set(name, reason);
  }
  return found;
}

export function limitsTable(): string {
  const why = reasons(readFileSync(join(root, 'src/protocol/limits.ts'), 'utf8'));
  const rows = [...why].map(([name, reason]) => {
    const value = (limits as Readonly<Record<string, number | Rate>>)[name] ?? NaN;
    return [`\`${name}\``, typeof value === 'number' ? inUnits(name, value) : rateInWords(value), reason];
  });
  return table(['Limit', 'Value', 'Why, and what happens at the edge'], rows);
}

/** Times that stand where they are used: file, constant, and what it is for a second implementation. */
const timers: readonly (readonly [file: string, name: string, meaning: string])[] = [
  ['src/tunnel/retrySchedule.ts', 'DIAL_PATIENCE_MS', 'Time for DNS, TCP, TLS and the upgrade, ms; after it the dial has failed.'],
  [
    'src/tunnel/retrySchedule.ts',
    'WATCHED_INTERVAL_MS',
    'While a stream is open or a view visible: a try begins at least this often, and has this long, ms.',
  ],
  ['src/tunnel/retrySchedule.ts', 'STABLE_MIN_MS', 'A link that the relay accepted must hold for a random time from this …'],
  ['src/tunnel/retrySchedule.ts', 'STABLE_MAX_MS', '… to this, ms, before the waits between tries begin small again.'],
  [
    'src/tunnel/leaveTime.ts',
    'MAX_LEAVE_MS',
    'After GOAWAY the next link is dialled at a random time within its delay, or within this if that is shorter, ms.',
  ],
  [
    'src/tunnel/handover.ts',
    'FOLLOW_DEVICE_MS',
    'A client that is parked at a relay that goes away dials the next within this, at a random time, ms.',
  ],
  ['src/tunnel/pairingClient.ts', 'UNKNOWN_OFFER_MS', 'An offer that the relay has not known for so long reads as expired, ms.'],
  ['src/tunnel/tunnelChatPort.ts', 'REOPEN_AFTER_MS', 'Between the end of a chat stream that the device reset and the next one, ms.'],
  ['src/base/deadline.ts', 'STALL_MS', 'A timer this late was held up by our own event loop and judges nothing, ms …'],
  ['src/base/deadline.ts', 'LOOK_AGAIN_MS', '… there is another look this much later, ms.'],
  ['src/relay/heartbeat.ts', 'LAST_LOOK_MS', 'What already waits in the relay’s socket is read so long before a link is called dead, ms.'],
  [
    'src/mux/mux.ts',
    'MAX_QUEUED_CONTROL',
    'Answers to PINGs and to frames of unknown streams that an end queues; more is a flood and ends the session.',
  ],
  [
    'src/tunnel/session.ts',
    'MAX_EARLY_RECORDS',
    'Records that an end takes while it computes its half of the handshake; an honest peer sends none.',
  ],
];

export function timersTable(): string {
  const rows = timers.map(([file, name, meaning]) => {
    const text = new RegExp(`^const ${name} = ([\\d_ *]+);`, 'm').exec(readFileSync(join(root, file), 'utf8'))?.[1];
    if (text === undefined) throw new Error(`${file} has no constant ${name}`);
    const value = text.split('*').reduce((product, factor) => product * Number(factor.trim().replaceAll('_', '')), 1);
    return [`\`${name}\``, inUnits(name, value), meaning];
  });
  return table(['Time or bound', 'Value', 'What it is'], rows);
}

export function errorsTable(): string {
  const rows = (Object.entries(errorCatalogue) as [string, ErrorEntry][]).map(([code, { number, hop, retry, action, words }]) => [
    String(number),
    `\`${code}\``,
    hop,
    retry ? 'yes' : 'no',
    action,
    words,
  ]);
  return table(['Number', 'Code', 'Hop', 'Retried', 'Action', 'Words'], rows);
}

export function closeCodesTable(): string {
  const rows = [...linkCloseCodes].map(([close, code]) => [String(close), `\`${code}\``, errorCatalogue[code].words]);
  return table(['Close', 'Code', 'Words'], rows);
}

export function labelsTable(): string {
  const uses: Readonly<Record<keyof typeof labels, string>> = {
    admission: 'HKDF of X25519(d, E), salt: the nonce → the key of the admission proof',
    invite: 'in the relay’s own mark on an invite; nobody else needs it',
    pairingPsk: 'HKDF of S → psk of the pairing handshake',
    pairingDial: 'HKDF of S → dial token of the open offer',
    root: 'HKDF of the chaining key after message 2 of the pairing handshake → root',
    sessionPsk: 'HKDF of root → psk of every later handshake',
    sessionDial: 'HKDF of root → dial token of the paired client',
    keyDial: 'HKDF of an API key’s secret → dial token',
    keyPsk: 'HKDF of an API key’s secret → psk',
    keyClient: 'HKDF of an API key’s secret → the client’s X25519 private key',
    words: 'HKDF of HMAC(psk, D ‖ client key) → 9 bytes, of which 66 bits are the six words',
  };
  const rows = Object.entries(uses).map(([name, use]) => [`\`${labels[name as keyof typeof labels]}\``, use]);
  return table(['Label', 'Use'], rows);
}

export function httpRoutesTable(): string {
  const rows = httpRoutes.map(({ method, path, scopes, maxBodyBytes }) => [
    `\`${method} ${path}\``,
    scopes.join(', '),
    maxBodyBytes === 0 ? 'none' : inUnits('_BYTES', maxBodyBytes),
  ]);
  return table(['Request', 'Scopes', 'Body, bytes'], rows);
}

export function receivableTable(): string {
  const upper = (type: string): string => type.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
  const rows = (['device', 'client'] as const).map((role) => {
    const { relay, end } = receivableFrames[role];
    return [role, relay.map(upper).join(', '), end.map(upper).join(', ')];
  });
  return table(['Link of a', 'the relay takes', 'the other end takes'], rows);
}
