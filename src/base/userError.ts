/** Exit codes of the CLI. 0 is success. */
export const exitCodes = { failed: 1, usage: 2 } as const;

/** A fault that the person at the terminal can mend: what is wrong, and what to do about it. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** For scripts, like an error code of the wire. */
  readonly code: string;
  /** One sentence: what to type or change. */
  readonly remedy: string;
  readonly exitCode: number;

  constructor(code: string, message: string, remedy: string, exitCode: number = exitCodes.usage, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}
