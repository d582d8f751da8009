import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { MAX_SYSTEM_PROMPT_BYTES } from '../../protocol/limits.ts';
import { systemPromptBytes } from '../../protocol/chatSettings.ts';
import { isRemote, modelOf, remoteContext, type ChatModel } from '../chatModel.ts';
import {
  emptyForm,
  formOf,
  keepAliveChoices,
  readForm,
  thinkChoices,
  type SettingsFaults,
  type SettingsField,
  type SettingsForm,
} from '../settingsForm.ts';
import { count } from '../settingsWords.ts';
import { fire } from './fire.ts';
import { closeIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import { html, say } from '../speech.ts';

/** From this share of its room on the length of a system prompt is shown. */
const COUNT_FROM = 0.8;

type Choices = readonly (readonly [value: string, words: string])[];

/** How the model of a chat is asked, as a sheet. What another view changes meanwhile is shown, but where something was typed here. */
export class ChatSettingsElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    model: { attribute: false },
    edits: { state: true },
    faults: { state: true },
    isOpen: { state: true },
  };

  declare model: ChatModel | undefined;
  /** What was typed since the sheet was opened. */
  declare edits: Partial<SettingsForm>;
  /** Said when somebody wants to save. */
  declare faults: SettingsFaults;
  declare isOpen: boolean;

  constructor() {
    super();
    this.model = undefined;
    this.edits = {};
    this.faults = {};
    this.isOpen = false;
    this.addEventListener('keydown', (event) => {
      // Escape closes the sheet and stops no answer.
      if (event.key === 'Escape') event.stopPropagation();
    });
  }

  /** Opens the sheet, at `field` if one is named. */
  async open(field?: SettingsField): Promise<void> {
    this.edits = {};
    this.faults = {};
    this.isOpen = true;
    await this.updateComplete;
    const dialog = this.querySelector('dialog');
    if (dialog?.open === false) dialog.showModal();
    this.#control(field ?? 'systemPrompt')?.focus();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('model') as ChatModel | undefined;
    if (this.isOpen && before && before.conversation.id !== this.model?.conversation.id) this.querySelector('dialog')?.close();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { model } = this;
    if (!model || !this.isOpen) return nothing;
    const form = this.#form(model);
    const bytes = systemPromptBytes(form.systemPrompt);
    const info = model.models?.find(({ name }) => name === modelOf(model));
    const trained = info?.contextLength === undefined ? '' : say(' {0} was trained for {1}.', info.name, count(info.contextLength));
    return html`<dialog class="sheet end" aria-label="Chat settings" @close=${this.#closed}>
      <div class="sheet-head">
        <h2>Chat settings</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${this.#close}>${closeIcon}</button>
      </div>
      <form class="settings-form" novalidate @submit=${this.#save}>
        <div class="settings-fields">
          <div class="field">
            <label for="c2l-systemPrompt">System prompt</label>
            <textarea
              id="c2l-systemPrompt"
              rows="5"
              aria-describedby="c2l-systemPrompt-hint"
              aria-invalid=${this.faults.systemPrompt === undefined ? nothing : 'true'}
              .value=${form.systemPrompt}
              @input=${this.#typed('systemPrompt')}
            ></textarea>
            ${this.#hint('systemPrompt', bytes < COUNT_FROM * MAX_SYSTEM_PROMPT_BYTES ? say('What the model is told ahead of the chat.') : say('{0} of {1} bytes', count(bytes), count(MAX_SYSTEM_PROMPT_BYTES)))}
          </div>
          ${this.#text('temperature', say('Temperature'), form, say('The model’s own'), say('0 to 2. Low keeps to what is likely, high is freer.'))}
          ${this.#text('contextLength', say('Context length'), form, say('Ollama decides'), say('Tokens. Another value makes Ollama load the model again.{0}', trained))}
          ${info?.capabilities?.includes('thinking') === true ? this.#choice('think', say('Thinking'), thinkChoices, form) : nothing}
          ${this.#choice('keepAliveSeconds', say('Keep the model in memory'), keepAliveChoices(isRemote(model), form.keepAliveSeconds), form)}
          <p class="hint">For this chat, from the next question on, in every view of it.</p>
        </div>
        <div class="settings-buttons">
          <button type="button" class="quiet" @click=${this.#reset}>Reset to default</button>
          <button type="submit" class="primary">Save</button>
        </div>
      </form>
    </dialog>`;
  }

  #form(model: ChatModel): SettingsForm {
    return { ...formOf(model.conversation.settings ?? {}), ...this.edits };
  }

  #text(field: SettingsField, label: string, form: SettingsForm, placeholder: string, hint: string): TemplateResult {
    return html`<div class="field">
      <label for="c2l-${field}">${label}</label>
      <input
        id="c2l-${field}"
        type="text"
        inputmode="decimal"
        autocomplete="off"
        maxlength="16"
        placeholder=${placeholder}
        aria-describedby="c2l-${field}-hint"
        aria-invalid=${this.faults[field] === undefined ? nothing : 'true'}
        .value=${form[field]}
        @input=${this.#typed(field)}
      />
      ${this.#hint(field, hint)}
    </div>`;
  }

  #choice(field: SettingsField, label: string, choices: Choices, form: SettingsForm): TemplateResult {
    return html`<div class="field">
      <label for="c2l-${field}">${label}</label>
      <select id="c2l-${field}" @change=${this.#typed(field)}>
        ${choices.map(([value, words]) => html`<option value=${value} .selected=${value === form[field]}>${say(words)}</option>`)}
      </select>
    </div>`;
  }

  #hint(field: SettingsField, words: string): TemplateResult {
    const fault = this.faults[field];
    return html`<span class="hint ${fault === undefined ? '' : 'fault'}" id="c2l-${field}-hint">${fault ?? words}</span>`;
  }

  #typed(field: SettingsField): (event: Event) => void {
    return ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)) return;
      this.edits = { ...this.edits, [field]: target.value };
      if (!this.model || this.faults[field] === undefined) return;
      // What was said to be wrong is looked at again with each key; nothing new is said before it is wanted.
      const { faults } = readForm(this.#form(this.model), remoteContext(this.model));
      this.faults = Object.fromEntries(Object.entries(faults).filter(([name]) => name in this.faults));
    };
  }

  #save(event: Event): void {
    event.preventDefault();
    if (!this.model) return;
    const { settings, faults } = readForm(this.#form(this.model), remoteContext(this.model));
    this.faults = faults;
    const [wrong] = Object.keys(faults) as SettingsField[];
    if (wrong !== undefined) {
      this.#control(wrong)?.focus();
      return;
    }
    fire(this, 'c2l-configure', settings);
    this.#close();
  }

  #reset(): void {
    this.edits = emptyForm;
    this.faults = {};
  }

  #control(field: SettingsField): HTMLElement | null {
    return this.querySelector(`#c2l-${field}`);
  }

  #close(): void {
    this.querySelector('dialog')?.close();
  }

  #closed(): void {
    this.isOpen = false;
  }
}

customElements.define('c2l-chat-settings', ChatSettingsElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-chat-settings': ChatSettingsElement;
  }
}
