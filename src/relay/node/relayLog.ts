import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { LogFields, Logger } from '../../base/log.ts';

/** Fields that may stand in a log line; all others are left out. None of them can hold a token, a whole key, an invite or a frame. */
const allowedFields = [
  ...['role', 'code', 'device', 'link', 'error', 'address', 'status'],
  ...[
    'host',
    'port',
    'origins',
    'admission',
    'trustedHops',
    'revoked',
    'devicesPerInvite',
    'maxPending',
    'gateway',
    'admin',
    'page',
    'version',
    'signal',
    'links',
  ],
  ...['nats', 'node', 'line'],
] as const;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Lines written at once: structured, or in words where a terminal shows them to a person. @param fd 1 for stdout, 2 for stderr */
export function relayLog(fd: 1 | 2, level: LogLevel = 'info'): Logger {
  if (isatty(fd)) return terminalLog(level, (line) => process[fd === 1 ? 'stdout' : 'stderr'].write(line));
  const sink = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd, sync: true }));
  const write = (at: LogLevel) => (message: string, fields?: LogFields) => {
    sink[at](allowed(fields), message);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** `15:04:05 device admitted, device TEhIrkRZ`; whatever is more than information says its level. */
export function terminalLog(level: LogLevel, print: (line: string) => void): Logger {
  const write = (at: LogLevel) => (message: string, fields?: LogFields) => {
    if (levels.indexOf(at) < levels.indexOf(level)) return;
    const time = new Date().toTimeString().slice(0, 8);
    const rest = Object.entries(allowed(fields)).map(([name, value]) => `, ${name} ${printable(String(value))}`);
    print(`${time} ${at === 'info' ? '' : `${at}: `}${message}${rest.join('')}\n`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Nothing from outside moves a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

function allowed(fields: LogFields = {}): LogFields {
  const out: Record<string, string | number | boolean> = {};
  for (const name of allowedFields) {
    const value = fields[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}
