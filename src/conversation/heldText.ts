import { endsInHighSurrogate, wellFormed } from './textPieces.ts';

/** Text that has come in this turn of the event loop, and half a surrogate pair that waits for its other half. */
export class HeldText {
  #text = '';

  get isEmpty(): boolean {
    return this.#text === '';
  }

  add(text: string): void {
    this.#text += text;
  }

  /** What can be said now; with `isAll` half a pair too, for there will be no more. */
  take(isAll: boolean): string {
    const held = !isAll && endsInHighSurrogate(this.#text) ? this.#text.slice(-1) : '';
    const whole = held === '' ? this.#text : this.#text.slice(0, -1);
    this.#text = held;
    return wellFormed(whole);
  }
}
