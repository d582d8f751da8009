import { pino } from 'pino';
import type { LogFields, Logger } from '../../base/log.ts';

/** Fields that may stand in a log line; all others are left out. None of them can hold a token, a whole key, an invite or a frame. */
const allowedFields = [
  ...['role', 'code', 'device', 'link', 'error', 'address', 'status'],
  ...['host', 'port', 'origins', 'admission', 'trustedHops', 'revoked', 'gateway', 'page', 'version', 'signal', 'links'],
] as const;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured lines, written at once. @param fd 1 for stdout, 2 for stderr */
export function relayLog(fd: 1 | 2, level: LogLevel = 'info'): Logger {
  const sink = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd, sync: true }));
  const write = (at: LogLevel) => (message: string, fields?: LogFields) => {
    sink[at](allowed(fields), message);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function allowed(fields: LogFields = {}): LogFields {
  const out: Record<string, string | number | boolean> = {};
  for (const name of allowedFields) {
    const value = fields[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}
