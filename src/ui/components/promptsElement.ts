import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { isPromptName, isPromptText, promptFault, type SavedPrompt } from '../../protocol/chatPrompts.ts';
import { MAX_PROMPT_NAME_UNITS } from '../../protocol/limits.ts';
import { draftOf, type ChatModel } from '../chatModel.ts';
import { excerptOf } from '../prompts.ts';
import { fire } from './fire.ts';
import { closeIcon, deleteIcon, editIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import { html, say, wordsOf } from '../speech.ts';

/** A prompt that is being written; one without an id is new. */
type Draft = Omit<SavedPrompt, 'id'> & { readonly id?: string };

/** The saved prompts, as a sheet: use, change, delete, and make one, of the message that is being written for instance. */
export class PromptsElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    model: { attribute: false },
    draft: { state: true },
    fault: { state: true },
    isOpen: { state: true },
  };

  declare model: ChatModel | undefined;
  declare draft: Draft | undefined;
  /** Why the draft cannot be kept. */
  declare fault: { readonly field: 'name' | 'text'; readonly words: string } | undefined;
  declare isOpen: boolean;

  constructor() {
    super();
    this.model = undefined;
    this.draft = undefined;
    this.fault = undefined;
    this.isOpen = false;
    this.addEventListener('keydown', (event) => {
      this.#onKey(event);
    });
  }

  async open(): Promise<void> {
    this.draft = undefined;
    this.isOpen = true;
    await this.updateComplete;
    const dialog = this.querySelector('dialog');
    if (dialog?.open === false) dialog.showModal();
    this.querySelector<HTMLElement>('.new-prompt')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { model, draft } = this;
    if (!model || !this.isOpen) return nothing;
    return html`<dialog class="sheet end" aria-label="Saved prompts" @close=${this.#closed}>
      <div class="sheet-head">
        <h2>Saved prompts</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${this.#close}>${closeIcon}</button>
      </div>
      ${draft ? this.#form(draft) : this.#list(model)}
    </dialog>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (!this.isOpen) return;
    if (changed.has('draft') && Boolean(this.draft) !== Boolean(changed.get('draft')))
      this.querySelector<HTMLElement>(this.draft ? '#c2l-prompt-name' : '.new-prompt')?.focus();
    const before = changed.get('model') as ChatModel | undefined;
    if (!before || !this.model || this.draft) return;
    if (this.model.promptUndo && this.model.promptUndo !== before.promptUndo) this.querySelector<HTMLElement>('.undo button')?.focus();
    else if (before.promptUndo && !this.model.promptUndo) this.querySelector<HTMLElement>('.new-prompt')?.focus();
  }

  #list(model: ChatModel): TemplateResult {
    const { prompts, promptUndo } = model;
    const text = draftOf(model);
    const isOfMessage = text.trim() !== '' && !text.startsWith('/');
    return html`<div class="prompt-list">
        <button
          type="button"
          class="secondary new-prompt"
          @click=${(): void => {
            this.draft = { name: '', text: isOfMessage ? text : '' };
          }}
        >
          ${isOfMessage ? say('Save the message as a prompt') : say('New prompt')}
        </button>
        ${
          prompts?.length === 0
            ? html`<p class="hint">Texts that you write often. Call one up with / and its name at the beginning of a message.</p>`
            : nothing
        }
        <ul>
          ${repeat(
            prompts ?? [],
            ({ id }) => id,
            (prompt) => this.#row(prompt),
          )}
        </ul>
      </div>
      ${promptUndo ? this.#undo(promptUndo) : nothing}`;
  }

  #row(prompt: SavedPrompt): TemplateResult {
    const { id, name, text } = prompt;
    return html`<li class="prompt-row">
      <button
        type="button"
        class="prompt-item"
        @click=${(): void => {
          this.#close();
          fire(this, 'c2l-use-prompt', text);
        }}
      >
        <span class="prompt-name" id="prompt-${id}">/${name}</span><span class="prompt-text">${excerptOf(text)}</span>
      </button>
      <button
        type="button"
        class="icon-button small"
        aria-label="Edit"
        title="Edit"
        aria-describedby="prompt-${id}"
        @click=${(): void => {
          this.draft = prompt;
        }}
      >
        ${editIcon}
      </button>
      <button
        type="button"
        class="icon-button small"
        aria-label="Delete"
        title="Delete"
        aria-describedby="prompt-${id}"
        @click=${(): void => {
          fire(this, 'c2l-delete-prompt', id);
        }}
      >
        ${deleteIcon}
      </button>
    </li>`;
  }

  #undo({ name }: SavedPrompt): TemplateResult {
    return html`<div class="notice undo" role="group" aria-label="Deleted">
      <span>Deleted /${name}.</span>
      <button
        type="button"
        class="text-button"
        @click=${(): void => {
          fire(this, 'c2l-restore-prompt', undefined);
        }}
      >
        Undo
      </button>
      <button
        type="button"
        class="icon-button small"
        aria-label="Dismiss"
        @click=${(): void => {
          fire(this, 'c2l-forget-prompt', undefined);
        }}
      >
        ${closeIcon}
      </button>
    </div>`;
  }

  #form({ name, text }: Draft): TemplateResult {
    const hint = (field: 'name' | 'text', words: string): TemplateResult => {
      const fault = this.fault?.field === field ? this.fault.words : undefined;
      return html`<span class="hint ${fault === undefined ? '' : 'fault'}" id="c2l-prompt-${field}-hint">${fault ?? words}</span>`;
    };
    const invalid = (field: 'name' | 'text'): unknown => (this.fault?.field === field ? 'true' : nothing);
    return html`<form class="settings-form" novalidate @submit=${this.#save}>
      <div class="settings-fields">
        <div class="field">
          <label for="c2l-prompt-name">Name</label>
          <input
            id="c2l-prompt-name"
            type="text"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            maxlength=${MAX_PROMPT_NAME_UNITS + 1}
            placeholder="review"
            aria-describedby="c2l-prompt-name-hint"
            aria-invalid=${invalid('name')}
            .value=${name}
            @input=${this.#typed('name')}
          />
          ${hint('name', say('Letters, digits, - and _.'))}
        </div>
        <div class="field">
          <label for="c2l-prompt-text">Text</label>
          <textarea
            id="c2l-prompt-text"
            rows="8"
            aria-describedby="c2l-prompt-text-hint"
            aria-invalid=${invalid('text')}
            .value=${text}
            @input=${this.#typed('text')}
          ></textarea>
          ${hint('text', say('It comes into the message as it stands here.'))}
        </div>
      </div>
      <div class="settings-buttons">
        <button type="button" class="quiet" @click=${this.#leave}>Cancel</button>
        <button type="submit" class="primary">Save</button>
      </div>
    </form>`;
  }

  #typed(field: 'name' | 'text'): (event: Event) => void {
    return ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) || !this.draft) return;
      this.draft = { ...this.draft, [field]: target.value };
      if (this.fault?.field === field) this.fault = undefined;
    };
  }

  #save(event: Event): void {
    event.preventDefault();
    if (!this.draft) return;
    const { id, text } = this.draft;
    const name = this.draft.name.trim().replace(/^\//, '');
    this.fault = faultOf(this.model?.prompts ?? [], { id: id ?? '', name, text });
    if (this.fault) {
      this.querySelector<HTMLElement>(`#c2l-prompt-${this.fault.field}`)?.focus();
      return;
    }
    fire(this, 'c2l-save-prompt', { id, name, text });
    this.draft = undefined;
  }

  /** Escape leaves the form first, then the sheet, and stops no answer. */
  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (!this.draft) return;
    event.preventDefault();
    this.#leave();
  }

  #leave(): void {
    this.draft = undefined;
    this.fault = undefined;
  }

  #close(): void {
    this.querySelector('dialog')?.close();
  }

  #closed(): void {
    this.isOpen = false;
    this.#leave();
  }
}

function faultOf(prompts: readonly SavedPrompt[], prompt: SavedPrompt): PromptsElement['fault'] {
  if (!isPromptName(prompt.name)) return { field: 'name', words: say('Give it a name of letters, digits, - and _, without spaces.') };
  if (!isPromptText(prompt.text))
    return { field: 'text', words: prompt.text.trim() === '' ? say('Write the text.') : say('This is too long: at most 8 KiB.') };
  const fault = promptFault(prompts, prompt);
  return fault && { field: fault === 'promptNameTaken' ? 'name' : 'text', words: wordsOf(fault) };
}

customElements.define('c2l-prompts', PromptsElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-prompts': PromptsElement;
  }
}
