import { DatabaseSync } from 'node:sqlite';
import type { Disposable } from '../../base/disposable.ts';
import { TunnelError } from '../../protocol/errors.ts';

/**
 * One process of an OS user leads: it holds an exclusive transaction on a file of its own. The operating system frees the lock when the
 * process dies, however it dies.
 */
export class LeaderLock implements Disposable {
  readonly #database: DatabaseSync;

  /** @throws TunnelError `anotherLeads` when another process holds it */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    try {
      this.#database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      throw new TunnelError(/locked|busy/i.test(String(error)) ? 'anotherLeads' : 'storeFailed', undefined, { cause: error });
    }
  }

  dispose(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
