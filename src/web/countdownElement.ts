import { systemClock, type Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { say } from '../ui/speech.ts';

/** How long is left until a moment, as *4:05 left*; a timer to screen readers, which do not speak each second of it. */
export class CountdownElement extends HTMLElement {
  clock: Clock = systemClock;
  #until: number | undefined;
  #tick: Disposable | undefined;

  /** Wall clock, ms. Undefined draws nothing. */
  set until(until: number | undefined) {
    this.#until = until;
    if (this.isConnected) this.#draw();
  }

  connectedCallback(): void {
    this.setAttribute('role', 'timer');
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#tick?.dispose();
  }

  #draw(): void {
    this.#tick?.dispose();
    if (this.#until === undefined) {
      this.textContent = '';
      return;
    }
    const left = Math.max(0, Math.ceil((this.#until - this.clock.now()) / 1000));
    this.textContent = say('{0}:{1} left', Math.floor(left / 60), String(left % 60).padStart(2, '0'));
    if (left > 0)
      this.#tick = this.clock.after(1000, () => {
        this.#draw();
      });
  }
}

customElements.define('c2l-countdown', CountdownElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-countdown': CountdownElement;
  }
}
