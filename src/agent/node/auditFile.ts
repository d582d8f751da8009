import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';
import { AUDIT_FILES, MAX_AUDIT_FILE_BYTES } from '../../protocol/limits.ts';
import type { AuditSink } from '../auditTrail.ts';

/**
 * The audit as lines of JSON in `audit.jsonl`, which only the OS user may read. A full file becomes `audit.1.jsonl`, that one
 * `audit.2.jsonl`, and the oldest goes. Each line opens the file anew, so that a person may look at it, move or delete it at any time.
 */
export class AuditFile implements AuditSink {
  readonly #file: string;
  readonly #maxBytes: number;
  /** Of the file; undefined until it was looked at. */
  #bytes: number | undefined;

  /** @param file ends in `.jsonl` */
  constructor(file: string, maxBytes = MAX_AUDIT_FILE_BYTES) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  append(line: string): void {
    const bytes = Buffer.byteLength(line);
    this.#bytes ??= existsSync(this.#file) ? statSync(this.#file).size : 0;
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.#rotate();
    try {
      appendFileSync(this.#file, line, { mode: 0o600 });
    } catch (error) {
      this.#bytes = undefined; // part of it may be there
      throw error;
    }
    this.#bytes += bytes;
  }

  #rotate(): void {
    this.#bytes = undefined;
    for (let age = AUDIT_FILES - 1; age > 0; age--) if (existsSync(this.#aged(age - 1))) renameSync(this.#aged(age - 1), this.#aged(age));
    this.#bytes = 0;
  }

  #aged(age: number): string {
    return age === 0 ? this.#file : this.#file.replace(/\.jsonl$/, `.${String(age)}.jsonl`);
  }
}
