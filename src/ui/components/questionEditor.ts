import type { nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { fire } from './fire.ts';
import { isSendKey } from './keys.ts';
import { LightElement } from './lightElement.ts';
import { html } from '../speech.ts';

/** A question while it is edited in its place: Enter asks it, Escape leaves it and keeps what was typed. */
export class QuestionEditor extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    questionId: { attribute: false },
    draft: { attribute: false },
    canSend: { attribute: false },
  };

  declare questionId: string;
  declare draft: string;
  declare canSend: boolean;

  constructor() {
    super();
    this.questionId = '';
    this.draft = '';
    this.canSend = false;
  }

  protected override render(): TemplateResult | typeof nothing {
    return html`<form class="question-editor" @submit=${this.#submit} @keydown=${this.#onKey}>
      <textarea aria-label="Edit message" rows="2" enterkeyhint="send" .value=${this.draft} @input=${this.#onInput}></textarea>
      <div class="editor-bar">
        <button type="button" class="quiet" @click=${this.#cancel}>Cancel</button>
        <button type="submit" class="primary" aria-label="Send edited message" ?disabled=${!this.#maySend}>Send</button>
      </div>
    </form>`;
  }

  protected override firstUpdated(): void {
    const input = this.querySelector('textarea');
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }

  get #maySend(): boolean {
    return this.canSend && this.draft.trim() !== '';
  }

  #onInput(event: Event): void {
    if (!(event.target instanceof HTMLTextAreaElement)) return;
    this.draft = event.target.value;
    fire(this, 'c2l-edit-draft', { questionId: this.questionId, text: this.draft });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.#cancel();
    } else if (event.target instanceof HTMLTextAreaElement && isSendKey(event)) this.#submit(event);
  }

  #submit(event: Event): void {
    event.preventDefault();
    if (this.#maySend) fire(this, 'c2l-edit-send', this.questionId);
  }

  #cancel(): void {
    fire(this, 'c2l-edit', undefined);
  }
}

customElements.define('c2l-question-editor', QuestionEditor);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-question-editor': QuestionEditor;
  }
}
