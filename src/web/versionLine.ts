import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Disposable } from '../base/disposable.ts';
import type { ChatController } from '../ui/chatController.ts';
import { LightElement } from '../ui/components/lightElement.ts';
import { html, say } from '../ui/speech.ts';

/** What the page would lose by being loaded anew. */
export interface PageAtStake {
  /** Something would be broken off. */
  isAtWork(): boolean;
  /** Something that was written would be gone. */
  losesDrafts(): boolean;
}

/** Offers a newer build of the page, and takes it only when nothing is broken off or lost by it. Fires, bubbling: `c2l-reload`. */
export class VersionLineElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    isReady: { attribute: false },
    controller: { attribute: false },
    pairing: { attribute: false },
    isAtWork: { state: true },
    isRefused: { state: true },
  };

  /** A newer build is there. */
  declare isReady: boolean;
  /** The chat that is open, if any. */
  declare controller: ChatController | undefined;
  /** Drawn anew when it changes. */
  declare pairing: unknown;
  /** What a reload would cost now. Set once. */
  page: PageAtStake | undefined;
  declare isAtWork: boolean;
  /** What was typed would be lost, and that was said. */
  declare isRefused: boolean;
  #following: Disposable | undefined;

  constructor() {
    super();
    this.isReady = false;
    this.controller = undefined;
    this.pairing = undefined;
    this.isAtWork = false;
    this.isRefused = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#following?.dispose();
    this.#following = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('isReady') || changed.has('controller')) {
      this.#following?.dispose();
      this.#following = this.isReady ? this.controller?.onDidChange(this.#look) : undefined;
    }
    this.#look();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.isReady || this.isAtWork) return nothing;
    return html`<div class="version-line" role="group" aria-label="New version">
      <span>${this.isRefused ? say('A reload would lose what you wrote. Send it or take it out first.') : say('New version:')}</span>
      <button type="button" class="text-button" @click=${this.#reload}>Reload</button>
    </div>`;
  }

  readonly #look = (): void => {
    this.isAtWork = this.page?.isAtWork() === true;
    this.isRefused &&= this.page?.losesDrafts() === true;
  };

  readonly #reload = (): void => {
    this.controller?.keep();
    this.isAtWork = this.page?.isAtWork() === true;
    this.isRefused = this.page?.losesDrafts() === true;
    if (!this.isAtWork && !this.isRefused) this.dispatchEvent(new CustomEvent('c2l-reload', { bubbles: true }));
  };
}

customElements.define('c2l-version-line', VersionLineElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-version-line': VersionLineElement;
  }
}
