/** A failure with a remedy that a person can follow: printed without a stack. */
export class Failure extends Error {
  /**
   * @param {string} message what is wrong, one sentence
   * @param {string} remedy what to do, one sentence or command
   */
  constructor(message, remedy) {
    super(`${message}\n  ${remedy}`);
    this.name = 'Failure';
  }
}

/** Runs a script's main function; failures end it with code 1, bugs with their stack. */
export async function main(body) {
  try {
    const code = await body();
    process.exitCode = code ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}
