import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { closeIcon } from '../ui/components/icons.ts';
import { LightElement } from '../ui/components/lightElement.ts';
import { html, say } from '../ui/speech.ts';

/** A computer that this browser is paired with. */
export interface Computer {
  readonly id: string;
  readonly name: string;
  /** Its chats are the ones on the screen. */
  readonly isShown: boolean;
  /** Whether it is there, in a word; empty while that is not known. */
  readonly word: string;
}

/**
 * The computers of this browser, as a sheet. Fires, bubbling: `c2l-computers` (detail `open` or `closed`: whether somebody looks),
 * `c2l-computer-show` and `c2l-computer-forget` (detail: its id), `c2l-pair-another`, `c2l-install`.
 */
export class ComputersElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    computers: { attribute: false },
    canInstall: { attribute: false },
    isOpen: { state: true },
    doubted: { state: true },
  };

  declare computers: readonly Computer[];
  /** The browser would install the page. */
  declare canInstall: boolean;
  declare isOpen: boolean;
  /** Id of the one that is about to be forgotten. */
  declare doubted: string | undefined;

  constructor() {
    super();
    this.computers = [];
    this.canInstall = false;
    this.isOpen = false;
    this.doubted = undefined;
    this.addEventListener('keydown', (event) => {
      // Escape closes; it does not stop the answer behind the sheet.
      if (event.key === 'Escape') event.stopPropagation();
    });
  }

  async open(): Promise<void> {
    this.isOpen = true;
    this.#fire('c2l-computers', 'open');
    await this.updateComplete;
    const dialog = this.querySelector('dialog');
    if (dialog?.open === false) dialog.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#closed();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.isOpen) return nothing;
    return html`<dialog class="computers" aria-labelledby="c2l-computers-title" @close=${this.#closed}>
      <div class="computers-head">
        <h2 id="c2l-computers-title">Computers</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${this.#close}>${closeIcon}</button>
      </div>
      <ul>
        ${this.computers.map((computer) => html`<li>${this.doubted === computer.id ? this.#doubt(computer) : this.#row(computer)}</li>`)}
      </ul>
      <button
        type="button"
        class="secondary"
        @click=${(): void => {
          this.#leave('c2l-pair-another');
        }}
      >
        Pair another computer
      </button>
      ${this.canInstall ? this.#installButton() : nothing}
    </dialog>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('doubted')) return;
    const before = changed.get('doubted') as string | undefined;
    const id = this.doubted === undefined ? `[data-id="${before ?? ''}"] .forget` : '.keep';
    if (this.doubted !== undefined || before !== undefined) this.querySelector<HTMLElement>(id)?.focus();
  }

  #row({ id, name, isShown, word }: Computer): TemplateResult {
    return html`<div class="computer" data-id=${id}>
      <button
        type="button"
        class="computer-name"
        aria-current=${isShown ? 'true' : nothing}
        @click=${(): void => {
          if (isShown) this.#close();
          else this.#leave('c2l-computer-show', id);
        }}
      >
        <span>${name}</span><span class="computer-word">${isShown ? say('Shown here') : word}</span>
      </button>
      <button type="button" class="text-button forget" aria-label="Forget ${name}" @click=${(): unknown => (this.doubted = id)}>
        Forget
      </button>
    </div>`;
  }

  #installButton(): TemplateResult {
    return html`<button
      type="button"
      class="text-button install"
      @click=${(): void => {
        this.#leave('c2l-install');
      }}
    >
      Install as an app
    </button>`;
  }

  #doubt({ id, name }: Computer): TemplateResult {
    return html`<div class="computer-doubt" role="group" aria-label="Forget ${name}?">
      <p>
        Forget ${name}? This browser then needs a new link to reach it. Its chats stay on the computer, which lists this browser until it is
        removed there.
      </p>
      <div class="actions">
        <button type="button" class="secondary keep" @click=${(): unknown => (this.doubted = undefined)}>Keep it</button>
        <button
          type="button"
          class="primary"
          @click=${(): void => {
            this.#forget(id);
          }}
        >
          Forget
        </button>
      </div>
    </div>`;
  }

  #forget(id: string): void {
    this.doubted = undefined;
    this.#fire('c2l-computer-forget', id);
  }

  /** What comes now is another screen. */
  #leave(type: string, detail?: string): void {
    this.#closed();
    this.#fire(type, detail);
  }

  readonly #close = (): void => {
    this.querySelector('dialog')?.close();
  };

  readonly #closed = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.doubted = undefined;
    this.#fire('c2l-computers', 'closed');
  };

  #fire(type: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}

customElements.define('c2l-computers', ComputersElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-computers': ComputersElement;
  }
}
