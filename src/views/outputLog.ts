import type * as vscode from 'vscode';
import type { LogFields, Logger } from '../base/log.ts';

type Channel = Pick<vscode.LogOutputChannel, 'debug' | 'info' | 'warn' | 'error'>;

/** The editor's log channel as our logger: `message key=value …`. The editor adds time and level and keeps the file. */
export function outputLog(channel: Channel): Logger {
  return {
    debug: (message, fields) => {
      channel.debug(line(message, fields));
    },
    info: (message, fields) => {
      channel.info(line(message, fields));
    },
    warn: (message, fields) => {
      channel.warn(line(message, fields));
    },
    error: (message, fields) => {
      channel.error(line(message, fields));
    },
  };
}

function line(message: string, fields: LogFields = {}): string {
  const parts = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${quoted(String(value))}`]));
  return [message, ...parts].join(' ');
}

/** Values with spaces or line ends are quoted, so that one entry stays one line. */
function quoted(value: string): string {
  return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
}
