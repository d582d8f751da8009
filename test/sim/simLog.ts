import type { LogFields, Logger } from '../../src/base/log.ts';

/** The network of this world loses and delays, but it never changes or reorders: whoever complains of that has a fault. */
const impossible: ReadonlySet<unknown> = new Set([
  'relayProtocol',
  'sessionBroken',
  'handshakeFailed',
  'flowViolation',
  'badMessage',
  'messageTooLong',
  'tooManyStreams',
  'streamGone',
  'duplicateDevice',
  'storeFailed',
  'internal',
]);

/** Where a log goes. */
export interface LogKeeper {
  note(who: string, line: string): void;
  complain(line: string): void;
  /** May a code that is impossible elsewhere come about here? */
  isPossible(code: unknown): boolean;
  /** May this one be told of an error that needs a person? */
  bearsError(who: string): boolean;
}

/** A log in which no warning may appear, and no code that cannot come about. */
export function simLog(world: LogKeeper, who: string): Logger {
  const write = (level: string, message: string, fields: LogFields = {}): void => {
    const line = `${level}: ${message} ${JSON.stringify(fields)}`;
    world.note(who, line);
    if (level === 'warn' || level === 'error' || Object.values(fields).some((value) => isWrong(world, value)))
      world.complain(`${who} ${line}`);
  };
  return {
    debug: (message, fields) => {
      write('debug', message, fields);
    },
    info: (message, fields) => {
      write('info', message, fields);
    },
    warn: (message, fields) => {
      write('warn', message, fields);
    },
    error: (message, fields) => {
      write('error', message, fields);
    },
  };
}

/** Takes note of a connection's new state. None of its reasons may be impossible, and none may need a person. */
export function noteState(world: LogKeeper, who: string, state: { readonly kind: string; readonly error?: string }): void {
  world.note(who, `${state.kind}${state.error === undefined ? '' : ` ${state.error}`}`);
  if ((state.kind === 'error' && !world.bearsError(who)) || isWrong(world, state.error))
    world.complain(`${who} is ${state.kind}: ${String(state.error)}`);
}

function isWrong(world: LogKeeper, value: unknown): boolean {
  return impossible.has(value) && !world.isPossible(value);
}
