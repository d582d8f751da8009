import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { ModelInfo } from '../../protocol/chatModels.ts';
import { modelDetails } from '../words.ts';
import { fire } from './fire.ts';
import { checkIcon, chevronIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import { html, say } from '../speech.ts';

/** Chooses the model of the next question, and leads to the sheet of all models. Fires `c2l-model` with a name, and {@link fire}'s. */
export class ModelPickerElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    models: { attribute: false },
    selected: { attribute: false },
    isOpen: { state: true },
    active: { state: true },
  };

  declare models: readonly ModelInfo[];
  declare selected: string | undefined;
  declare isOpen: boolean;
  /** Index of the option that the keyboard is on. */
  declare active: number;
  readonly #closeOutside = (event: Event): void => {
    if (event.target instanceof Node && !this.contains(event.target)) this.isOpen = false;
  };

  constructor() {
    super();
    this.models = [];
    this.selected = undefined;
    this.isOpen = false;
    this.active = 0;
  }

  protected override render(): TemplateResult {
    const name = this.selected ?? 'none';
    return html`<button
        type="button"
        class="quiet picker-button"
        aria-label="Model: ${name}"
        aria-haspopup="listbox"
        aria-expanded=${this.isOpen ? 'true' : 'false'}
        @click=${this.#toggle}
        @keydown=${this.#onButtonKey}
      >
        <span class="picker-name">${this.selected ?? say('Model: none')}</span>${chevronIcon}
      </button>
      ${this.isOpen ? this.#list() : nothing}`;
  }

  #list(): TemplateResult {
    return html`<div class="picker-list" @focusout=${this.#onFocusOut} @keydown=${this.#onListKey}>
      <div class="picker-options" role="listbox" tabindex="0" aria-label="Model" aria-activedescendant="c2l-model-${String(this.active)}">
        ${this.models.map(
          (model, index) =>
            html`<div
              id="c2l-model-${String(index)}"
              role="option"
              class=${index === this.active ? 'active' : ''}
              aria-selected=${model.name === this.selected ? 'true' : 'false'}
              @click=${(): void => {
                this.#choose(index);
              }}
              @pointermove=${(): void => {
                this.active = index;
              }}
            >
              <span class="option-check">${model.name === this.selected ? checkIcon : nothing}</span>
              <span class="option-text"
                ><span class="option-name">${model.name}</span><span class="option-details">${modelDetails(model)}</span></span
              >
            </div>`,
        )}
      </div>
      <button type="button" class="quiet picker-more" @mousedown=${keepFocus} @click=${this.#showAll}>All models…</button>
    </div>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('isOpen')) {
      if (this.isOpen) {
        document.addEventListener('pointerdown', this.#closeOutside);
        this.querySelector<HTMLElement>('.picker-options')?.focus();
      } else document.removeEventListener('pointerdown', this.#closeOutside);
    }
    if (this.isOpen && changed.has('active')) this.querySelector('.active')?.scrollIntoView({ block: 'nearest' });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('pointerdown', this.#closeOutside);
  }

  #toggle(): void {
    if (this.isOpen) this.#close();
    else this.open();
  }

  /** Without models there is nothing to choose from: the sheet says how to get one. */
  open(): void {
    if (this.models.length === 0) {
      fire(this, 'c2l-show-models', 'list');
      return;
    }
    this.active = Math.max(
      0,
      this.models.findIndex(({ name }) => name === this.selected),
    );
    this.isOpen = true;
  }

  #showAll(): void {
    this.#close();
    fire(this, 'c2l-show-models', 'list');
  }

  #onFocusOut({ relatedTarget }: FocusEvent): void {
    if (!(relatedTarget instanceof Node) || !this.contains(relatedTarget)) this.isOpen = false;
  }

  #close(): void {
    this.isOpen = false;
    this.querySelector('button')?.focus();
  }

  #choose(index: number): void {
    const name = this.models[index]?.name;
    this.#close();
    if (name !== undefined) this.dispatchEvent(new CustomEvent('c2l-model', { bubbles: true, detail: name }));
  }

  #onButtonKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    this.open();
  }

  #onListKey(event: KeyboardEvent): void {
    const isOnList = event.target instanceof Element && event.target.role === 'listbox';
    if (!isOnList && event.key !== 'Escape') return;
    const last = this.models.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: Math.min(last, this.active + 1),
      ArrowUp: Math.max(0, this.active - 1),
      Home: 0,
      End: last,
    };
    const move = moves[event.key];
    if (move !== undefined) this.active = move;
    else if (event.key === 'Enter' || event.key === ' ') this.#choose(this.active);
    else if (event.key === 'Escape') this.#close();
    else if (event.key.length === 1) this.#typeAhead(event.key.toLowerCase());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #typeAhead(letter: string): void {
    const after = [...this.models.keys()].map((offset) => (this.active + 1 + offset) % this.models.length);
    const found = after.find((index) => this.models[index]?.name.toLowerCase().startsWith(letter) === true);
    if (found !== undefined) this.active = found;
  }
}

/** Safari gives a pressed button no focus, so the list would lose it and close. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}

customElements.define('c2l-model-picker', ModelPickerElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-model-picker': ModelPickerElement;
  }
}
