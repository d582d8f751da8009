import { request } from 'node:http';
import * as v from 'valibot';
import { fileSize } from '../../../base/figures.ts';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { adminAuthority, DEFAULT_ADMIN_HOST, DEFAULT_ADMIN_PORT, readAdminPlace, type AdminPlace } from './adminPlace.ts';
import { relayStatus, type RelayStatus } from './status.ts';

const TIMEOUT_MS = 5_000;
/** A thousand devices take a quarter of it. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface StatusFlags {
  readonly admin?: string;
  readonly json?: boolean;
}

export interface StatusCommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly timeoutMs?: number;
}

/** Asks a running relay how it is and prints it. @throws UserError when no relay answers */
export async function runStatus(flags: StatusFlags, { env, print, timeoutMs = TIMEOUT_MS }: StatusCommandOptions): Promise<void> {
  const place = placeOf(flags, env);
  const where = adminAuthority(place);
  const status = readStatus(await ask(place, where, timeoutMs), where);
  print(flags.json === true ? `${JSON.stringify({ event: 'status', ...status })}\n` : statusTable(status, where));
}

/** For people. */
export function statusTable(status: RelayStatus, where: string): string {
  const { now, devices, moreDevices } = status;
  const lines = [
    `Relay ${status.version} at ${where}, up ${duration(status.uptimeSeconds)}${status.draining ? ', draining: it takes no new links' : ''}`,
    [
      some(now.devices, 'device'),
      some(now.clientLinks, 'client'),
      some(now.circuits, 'circuit'),
      `${String(now.parkedDials)} waiting for a device`,
      `${fileSize(now.backlogBytes)} pending`,
    ].join(', '),
    ...busLines(status.bus),
    '',
    ...deviceLines(devices),
    ...(moreDevices > 0 ? [`and ${String(moreDevices)} more, with less traffic`] : []),
    ...(devices.length > 0 ? [''] : []),
    ...columns([
      ['Links tried', words(status.upgrades)],
      ['Devices', words(status.registrations)],
      ['Dials', words(status.dials)],
      ['Ends of devices', words(status.cuts.device)],
      ['Ends of clients', words(status.cuts.client)],
      ...(['device', 'client'] as const).map((role) => {
        const { framesIn, bytesIn, framesOut, bytesOut } = status.traffic[role];
        const received = `${String(framesIn)} frames (${fileSize(bytesIn)}) received`;
        return [`Traffic, ${role}s`, `${received}, ${String(framesOut)} (${fileSize(bytesOut)}) sent`];
      }),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function busLines(bus: RelayStatus['bus']): string[] {
  if (!bus) return [];
  const cuts = `${some(bus.losses, 'loss', 'losses')} of NATS, cuts: ${words(bus.cuts)}`;
  if (!bus.isUp) return [`NATS cannot be reached: this relay joins its own devices and clients alone; ${cuts}`];
  return [
    `NATS: ${some(bus.circuits, 'circuit')} with ${some(bus.nodes, 'other node')}, ${fileSize(bus.pendingBytes)} on their way; ${cuts}`,
  ];
}

function deviceLines(devices: RelayStatus['devices']): string[] {
  if (devices.length === 0) return [];
  const rows = devices.map((one) => [
    one.id,
    duration(one.connectedSeconds),
    String(one.circuits),
    fileSize(one.bytesIn),
    fileSize(one.bytesOut),
  ]);
  return columns([['DEVICE', 'UP', 'CIRCUITS', 'RECEIVED', 'SENT'], ...rows]);
}

function placeOf(flags: StatusFlags, env: StatusCommandOptions['env']): AdminPlace {
  const set = env['C2L_ADMIN'] ?? '';
  if (flags.admin !== undefined) return readAdminPlace('--admin', flags.admin);
  return set === '' ? { host: DEFAULT_ADMIN_HOST, port: DEFAULT_ADMIN_PORT } : readAdminPlace('C2L_ADMIN', set);
}

/** @returns the body of an answer 200 */
function ask({ host, port }: AdminPlace, where: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: unknown): void => {
      reject(signal.aborted ? silent(where, error) : unreachable(where, error));
    };
    request({ host, port, path: '/status', agent: false, signal, headers: { Host: where } }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        reject(foreign(where, `HTTP ${String(response.statusCode)}`));
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= MAX_ANSWER_BYTES) return;
        response.destroy();
        reject(foreign(where, 'more than a status'));
      });
      response.on('end', () => {
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
    })
      .on('error', fail)
      .end();
  });
}

function readStatus(body: string, where: string): RelayStatus {
  try {
    return v.parse(relayStatus, JSON.parse(body));
  } catch (error) {
    throw foreign(where, 'no status of a relay', error);
  }
}

function unreachable(where: string, cause: unknown): UserError {
  return new UserError(
    'adminUnreachable',
    `Nothing answers at ${where}.`,
    `Start the relay with --admin-bind ${where}, or name the address it has with --admin HOST:PORT.`,
    exitCodes.failed,
    { cause },
  );
}

function silent(where: string, cause: unknown): UserError {
  return new UserError(
    'adminSilent',
    `Something listens at ${where} and does not answer.`,
    'Look at the relay’s log; if it hangs, restart it.',
    exitCodes.failed,
    { cause },
  );
}

function foreign(where: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'adminForeign',
    `What answers at ${where} is not a relay’s admin address (${what}).`,
    'Name the address after --admin-bind with --admin HOST:PORT; it is not the one that browsers use.',
    exitCodes.failed,
    { cause },
  );
}

function some(count: number, noun: string, several = `${noun}s`): string {
  return `${String(count)} ${count === 1 ? noun : several}`;
}

function words(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([word, times]) => `${word} ${String(times)}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** The two largest units. */
function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(whole % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${String(hours)} h ${String(minutes % 60)} min` : `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
