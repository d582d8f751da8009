import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ChatModel } from './chatModel.ts';
import { CONNECTION_QUIET_MS, connectionLine, type ConnectionLine } from './connectionLine.ts';

/** Decides when the line about the connection is shown: trouble that mends itself only when it lasts, the rest at once. */
export class ConnectionWatch implements Disposable {
  readonly #clock: Clock;
  readonly #current: () => ChatModel;
  readonly #show: (line: ConnectionLine | undefined) => void;
  #isShown = false;
  #quiet: Disposable | undefined;

  /** @param current the model as it is when the quiet time ends */
  constructor(clock: Clock, current: () => ChatModel, show: (line: ConnectionLine | undefined) => void) {
    this.#clock = clock;
    this.#current = current;
    this.#show = show;
  }

  /** Look again: the model has changed. */
  check(): void {
    const line = this.#line();
    if (!line || line.tone === 'stop' || this.#isShown) {
      this.#settle(line);
      return;
    }
    this.#quiet ??= this.#clock.after(CONNECTION_QUIET_MS, () => {
      this.#settle(this.#line());
    });
  }

  dispose(): void {
    this.#quiet?.dispose();
    this.#quiet = undefined;
  }

  #line(): ConnectionLine | undefined {
    return connectionLine(this.#current(), this.#clock.now());
  }

  #settle(line: ConnectionLine | undefined): void {
    this.dispose();
    this.#isShown = line !== undefined;
    this.#show(line);
  }
}
