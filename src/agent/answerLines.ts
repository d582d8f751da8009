const NEWLINE = 0x0a;
/** Enough of a line to tell what kind it is. */
const KIND_CHARS = 40;

/** Looks on while the lines of an answer go by, in whatever pieces, and keeps no more of them than how the open one begins. */
export class AnswerLines {
  readonly #lastLine: RegExp | undefined;
  #open = '';
  #isEmptyLineLast = true;
  #tokens = 0;
  #events = 0;
  #isComplete = false;

  /** @param lastLine of a stream of events; undefined for bare lines */
  constructor(lastLine: RegExp | undefined) {
    this.#lastLine = lastLine;
  }

  /** Lines that ended: Ollama writes one a token. Names of events and the empty lines between them are not counted. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Named events that have begun. */
  get events(): number {
    return this.#events;
  }

  /** Something may be said here that belongs to no line and no event. */
  get isBetween(): boolean {
    return this.#open === '' && (this.#lastLine === undefined || this.#isEmptyLineLast);
  }

  /** The last line or event has come. Never of bare lines, whose reader sees for himself. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      this.#extend(bytes, from, at);
      this.#endLine();
      from = at + 1;
    }
    this.#extend(bytes, from, bytes.length);
  }

  #extend(bytes: Uint8Array, from: number, to: number): void {
    // of bare lines it counts only whether there is anything
    const wanted = (this.#lastLine ? KIND_CHARS : 1) - this.#open.length;
    const end = Math.min(to, from + wanted);
    for (let at = from; at < end; at++) this.#open += String.fromCharCode(bytes[at] ?? 0);
  }

  #endLine(): void {
    const line = this.#open;
    this.#open = '';
    this.#isEmptyLineLast = line === '';
    if (line === '') return;
    if (line.startsWith('event:')) this.#events++;
    else this.#tokens++;
    if (this.#lastLine?.test(line) === true) this.#isComplete = true;
  }
}
