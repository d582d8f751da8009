import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { systemClock, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { ModelInfo } from '../../protocol/chatModels.ts';
import { OLLAMA_LIBRARY_URL } from '../../status/ollamaLinks.ts';
import { modelOf, type ChatModel } from '../chatModel.ts';
import { readModelName } from '../../protocol/modelNames.ts';
import { modelRights } from '../modelWork.ts';
import { fileSize } from '../words.ts';
import { fire } from './fire.ts';
import { closeIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import { modelRow } from './modelRow.ts';
import { pullList, refusedWork } from './pullRows.ts';
import { html, say } from '../speech.ts';

/** The sheet of models: what there is, what is in memory, what is coming, and what can be done about each. Fires {@link fire}'s. */
export class ModelsElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    model: { attribute: false },
    clock: { attribute: false },
    isOpen: { state: true },
    trouble: { state: true },
    asked: { state: true },
    deleting: { state: true },
  };

  declare model: ChatModel | undefined;
  declare clock: Clock;
  declare isOpen: boolean;
  /** What is wrong with the name that was typed. */
  declare trouble: string | undefined;
  /** The model that was asked for last. */
  declare asked: string;
  /** The model whose deletion is being confirmed. */
  declare deleting: ModelInfo | undefined;
  #tick: Disposable | undefined;

  constructor() {
    super();
    this.model = undefined;
    this.clock = systemClock;
    this.isOpen = false;
    this.trouble = undefined;
    this.asked = '';
    this.deleting = undefined;
  }

  /** Shows the sheet; `pull` goes to the field for a name. What had the focus has it again afterwards. */
  async open(what: 'list' | 'pull' = 'list'): Promise<void> {
    this.isOpen = true;
    await this.updateComplete;
    if (this.#sheet?.open === false) this.#sheet.showModal();
    fire(this, 'c2l-models', { kind: 'watch' });
    if (what === 'pull') this.#field?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#tick?.dispose();
  }

  protected override render(): TemplateResult {
    return html`<dialog
      class="sheet models"
      aria-label="Models"
      @close=${(event: Event): void => {
        if (event.target === this.#sheet) this.isOpen = false;
      }}
      @keydown=${(event: KeyboardEvent): void => {
        // Escape closes; it does not stop the answer behind the sheet.
        if (event.key === 'Escape') event.stopPropagation();
      }}
    >
      ${this.isOpen && this.model ? this.#content(this.model) : nothing}
    </dialog>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('deleting') && this.deleting) this.#confirmation?.showModal();
    const before = changed.get('model') as ChatModel | undefined;
    const isFewer = (before?.models?.length ?? 0) > (this.model?.models?.length ?? 0);
    const isCleared = (before?.pulls?.length ?? 0) > (this.model?.pulls?.length ?? 0);
    // What had the focus is gone with its row.
    if (this.isOpen && (isFewer || isCleared) && !this.#hasFocus())
      this.querySelector<HTMLElement>(isFewer ? '.models-heading' : '#c2l-pull-name')?.focus();
    this.#tick?.dispose();
    const counts = this.isOpen && this.model?.loaded?.some(({ expiresAt }) => expiresAt !== undefined) === true;
    this.#tick = counts
      ? this.clock.after(1000, () => {
          this.requestUpdate();
        })
      : undefined;
  }

  #content(model: ChatModel): TemplateResult {
    const rights = modelRights(model);
    const now = this.clock.now();
    const models = model.models ?? [];
    return html`<div class="sheet-head">
        <h2>Models</h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Close"
          @click=${(): void => {
            this.#sheet?.close();
          }}
        >
          ${closeIcon}
        </button>
      </div>
      <div class="models-body">
        ${rights.mayPull ? html`${this.#pullForm(model)} ${pullList(model)}` : nothing}
        <h3 class="models-heading" tabindex="-1">
          ${model.hub?.scope === 'local' ? say('On this computer') : say('On {0}', model.hub?.deviceName ?? say('your computer'))}
        </h3>
        ${
          models.length === 0
            ? html`<p class="model-details">No models yet.</p>`
            : html`<ul class="model-rows">
                ${repeat(
                  models,
                  ({ name }) => name,
                  (info, index) =>
                    modelRow(model, info, {
                      ...{ index, now, isChosen: info.name === modelOf(model) },
                      choose: () => {
                        this.#sheet?.close();
                        fire(this, 'c2l-use-model', info.name);
                      },
                      confirmDeletion: () => {
                        this.deleting = info;
                      },
                    }),
                )}
              </ul>`
        }
      </div>
      ${this.deleting ? this.#confirm(this.deleting) : nothing}`;
  }

  #pullForm(model: ChatModel): TemplateResult {
    return html`<form class="pull-form" novalidate @submit=${this.#pull}>
      <label for="c2l-pull-name">Pull a model</label>
      <div class="pull-field">
        <input
          id="c2l-pull-name"
          placeholder="qwen3:8b"
          autocapitalize="off"
          autocomplete="off"
          spellcheck="false"
          enterkeyhint="go"
          maxlength="400"
          aria-describedby="c2l-pull-help"
          aria-invalid=${this.trouble === undefined ? nothing : 'true'}
          @input=${(): void => {
            this.trouble = undefined;
          }}
        />
        <button type="submit" class="primary">Pull</button>
      </div>
      <p id="c2l-pull-help" class="model-details">
        ${
          this.trouble === undefined
            ? html`Names are listed at <a href=${OLLAMA_LIBRARY_URL} target="_blank" rel="noopener noreferrer">ollama.com/library</a>.`
            : html`<span class="model-refusal" role="alert">${this.trouble}</span>`
        }
      </p>
      ${refusedWork(model, this.asked)}
    </form>`;
  }

  readonly #pull = (event: Event): void => {
    event.preventDefault();
    const field = this.#field;
    if (!field || !this.model) return;
    const read = readModelName(field.value, modelRights(this.model).libraryOnly);
    field.focus();
    if ('trouble' in read) {
      this.trouble = say(read.trouble);
      return;
    }
    field.value = '';
    this.asked = read.name;
    fire(this, 'c2l-models', { kind: 'pull', model: read.name });
  };

  #confirm({ name, size }: ModelInfo): TemplateResult {
    const close = (): void => {
      this.#confirmation?.close();
    };
    const bytes = size === undefined ? undefined : fileSize(size);
    return html`<dialog
      class="confirm"
      role="alertdialog"
      aria-labelledby="c2l-delete-title"
      aria-describedby="c2l-delete-text"
      @close=${(): void => {
        this.deleting = undefined;
      }}
    >
      <h3 id="c2l-delete-title">Delete ${name}?</h3>
      <p id="c2l-delete-text">
        ${bytes === undefined ? '' : say('It takes {0} of the disk. ', bytes)}To use it again, it has to be pulled again. Chats stay.
      </p>
      <div class="card-buttons">
        <button type="button" class="secondary" autofocus @click=${close}>Keep it</button>
        <button
          type="button"
          class="primary danger"
          @click=${(): void => {
            fire(this, 'c2l-models', { kind: 'delete', model: name });
            close();
          }}
        >
          ${bytes === undefined ? say('Delete') : say('Delete {0}', bytes)}
        </button>
      </div>
    </dialog>`;
  }

  #hasFocus(): boolean {
    const { activeElement } = document;
    return activeElement !== null && activeElement !== this.#sheet && this.contains(activeElement);
  }

  get #sheet(): HTMLDialogElement | null {
    return this.querySelector<HTMLDialogElement>('dialog.models');
  }

  get #confirmation(): HTMLDialogElement | null {
    return this.querySelector<HTMLDialogElement>('dialog.confirm');
  }

  get #field(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>('#c2l-pull-name');
  }
}

customElements.define('c2l-models', ModelsElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-models': ModelsElement;
  }
}
