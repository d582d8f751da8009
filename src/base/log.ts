/** What may stand beside a log message: ids, codes, counts. Never message text, keys or tokens. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const silent = (): void => undefined;

export const nullLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };
