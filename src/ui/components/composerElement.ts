import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { utf8 } from '../../base/bytes.ts';
import type { ModelInfo } from '../../protocol/chatModels.ts';
import type { SavedPrompt } from '../../protocol/chatPrompts.ts';
import { MAX_PROMPT_BYTES } from '../../protocol/limits.ts';
import type { ContextUse } from '../contextUse.ts';
import { attachmentLabel, joinQuestion, type Attachment } from '../attachments.ts';
import type { ComposerImage } from '../chatModel.ts';
import { shareWords } from '../textFile.ts';
import { fileSize } from '../words.ts';
import { fileButtons, thumbnails } from './composerFiles.ts';
import { contextMeter } from './contextViews.ts';
import { fire } from './fire.ts';
import { closeIcon, promptsIcon, sendIcon, stopIcon } from './icons.ts';
import { isSendKey } from './keys.ts';
import { LightElement } from './lightElement.ts';
import { attachmentView } from './messageElement.ts';
import './modelPickerElement.ts';
import { PromptMenu } from './promptMenu.ts';
import { html, say } from '../speech.ts';

/** Where questions are written. Fires `c2l-draft` with the text, `c2l-send` and `c2l-stop`. */
export class ComposerElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    draft: { attribute: false },
    attachments: { attribute: false },
    images: { attribute: false },
    imageTrouble: { attribute: false },
    contextLength: { attribute: false },
    isOver: { state: true },
    canSend: { attribute: false },
    isGenerating: { attribute: false },
    isStopping: { attribute: false },
    models: { attribute: false },
    model: { attribute: false },
    prompts: { attribute: false },
    contextUse: { attribute: false },
  };

  declare draft: string;
  /** What goes with the question. */
  declare attachments: readonly Attachment[];
  declare images: readonly ComposerImage[];
  /** Why the images cannot go. */
  declare imageTrouble: string | undefined;
  /** Tokens that the model reads at once, where that is known. */
  declare contextLength: number | undefined;
  /** Files are held over the field. */
  declare isOver: boolean;
  declare canSend: boolean;
  declare isGenerating: boolean;
  declare isStopping: boolean;
  declare models: readonly ModelInfo[];
  declare model: string | undefined;
  declare prompts: readonly SavedPrompt[] | undefined;
  declare contextUse: ContextUse | undefined;
  readonly #menu = new PromptMenu(this, {
    use: (text) => {
      this.#use(text);
    },
    manage: () => {
      this.#manage();
    },
  });

  constructor() {
    super();
    this.draft = '';
    this.attachments = [];
    this.images = [];
    this.imageTrouble = undefined;
    this.contextLength = undefined;
    this.isOver = false;
    this.canSend = false;
    this.isGenerating = false;
    this.isStopping = false;
    this.models = [];
    this.model = undefined;
    this.prompts = undefined;
    this.contextUse = undefined;
  }

  get input(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  protected override render(): TemplateResult {
    this.#menu.update(this.draft, this.prompts);
    const isTooLong = isLongerThanAPrompt(
      this.attachments.length === 0 ? this.draft : joinQuestion({ text: this.draft, attachments: this.attachments }),
    );
    // While an answer is written a further question can be queued; until there is one, the place belongs to Stop alone.
    const showsSend = !this.isGenerating || this.draft.trim() !== '';
    return html`<form
      class="composer ${this.isOver ? 'over' : ''}"
      @submit=${this.#submit}
      @pointerdown=${this.#focusInput}
      @dragover=${this.#onDragOver}
      @dragleave=${this.#onDragLeave}
      @drop=${this.#onDrop}
      @paste=${this.#onPaste}
    >
      ${thumbnails(this.images, this)} ${this.attachments.length === 0 ? nothing : this.#chips()} ${this.#menu.render()}
      <textarea
        aria-label="Message"
        rows="1"
        enterkeyhint="send"
        placeholder="Message, or / for prompts"
        aria-autocomplete="list"
        aria-controls=${this.#menu.isOpen ? 'c2l-prompt-menu' : nothing}
        aria-activedescendant=${this.#menu.activeId ?? nothing}
        aria-invalid=${isTooLong ? 'true' : nothing}
        @input=${this.#onInput}
        @keydown=${this.#onKey}
      ></textarea>
      ${this.imageTrouble === undefined ? nothing : html`<div class="too-long">${this.imageTrouble}</div>`}
      ${isTooLong ? html`<div class="too-long">This message is too long to be sent at once.</div>` : nothing}
      <div class="composer-bar">
        ${fileButtons(this)}
        <c2l-model-picker .models=${this.models} .selected=${this.model}></c2l-model-picker>
        <button
          type="button"
          class="icon-button small prompts-button"
          aria-label="Saved prompts"
          title="Saved prompts"
          aria-haspopup="dialog"
          @click=${this.#manage}
        >
          ${promptsIcon}
        </button>
        <div class="composer-buttons">
          ${contextMeter(this.contextUse)}
          ${
            this.isGenerating
              ? html`<button
                  type="button"
                  class="round stop"
                  aria-label="Stop"
                  aria-disabled=${this.isStopping ? 'true' : nothing}
                  @click=${this.#stop}
                >
                  ${stopIcon}
                </button>`
              : nothing
          }
          ${
            showsSend
              ? html`<button
                  type="submit"
                  class="round send"
                  aria-label="Send"
                  title=${this.isGenerating ? say('Send when this answer has ended') : nothing}
                  ?disabled=${!this.canSend || isTooLong}
                >
                  ${sendIcon}
                </button>`
              : nothing
          }
        </div>
      </div>
    </form>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const { input } = this;
    if (!input) return;
    // Written only when it differs, or the caret would jump while somebody types.
    if (input.value !== this.draft) input.value = this.draft;
    if (changed.has('draft')) fitHeight(input);
  }

  #chips(): TemplateResult {
    return html`<ul class="chips" aria-label="Sent with the message">
      ${this.attachments.map(
        (attachment, index) =>
          html`<li>
            ${attachmentView(attachment, `${fileSize(utf8(attachment.text).length)}, ${shareWords(attachment.text, this.contextLength)}`)}
            <button
              type="button"
              class="icon-button small"
              aria-label="Remove ${attachmentLabel(attachment)}"
              @click=${(): void => {
                fire(this, 'c2l-detach', index);
                this.input?.focus();
              }}
            >
              ${closeIcon}
            </button>
          </li>`,
      )}
    </ul>`;
  }

  #onDragOver(event: DragEvent): void {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    this.isOver = true;
  }

  #onDragLeave(event: DragEvent): void {
    const { relatedTarget } = event;
    if (!(relatedTarget instanceof Node && this.contains(relatedTarget))) this.isOver = false;
  }

  #onDrop(event: DragEvent): void {
    this.isOver = false;
    this.#takeFrom(event, event.dataTransfer);
  }

  #onPaste(event: ClipboardEvent): void {
    // A spreadsheet gives a picture of itself beside its text: whoever pastes text means text.
    if (event.clipboardData?.types.includes('text/plain') === true) return;
    this.#takeFrom(event, event.clipboardData);
  }

  #takeFrom(event: Event, data: DataTransfer | null): void {
    const files = [...(data?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    fire(this, 'c2l-take-files', files);
    this.input?.focus();
  }

  #onInput(event: Event): void {
    if (event.target instanceof HTMLTextAreaElement) this.#fire('c2l-draft', event.target.value);
  }

  #onKey(event: KeyboardEvent): void {
    if (this.#menu.takeKey(event) || !isSendKey(event)) return;
    event.preventDefault();
    this.#send();
  }

  /** A saved prompt takes the place of what called it up. */
  #use(text: string): void {
    this.#fire('c2l-draft', text);
    void this.updateComplete.then(() => {
      this.input?.focus();
      this.input?.setSelectionRange(text.length, text.length);
    });
  }

  #manage(): void {
    fire(this, 'c2l-open-prompts', undefined);
  }

  #submit(event: Event): void {
    event.preventDefault();
    this.#send();
    this.input?.focus();
  }

  #send(): void {
    this.#fire('c2l-send');
    // A field that was filled and sent in one go has no change of its draft to follow.
    this.requestUpdate();
  }

  #stop(): void {
    this.#fire('c2l-stop');
    this.input?.focus();
  }

  /** The whole box is the field: a press beside the text puts the caret into it. */
  #focusInput(event: PointerEvent): void {
    if (event.target instanceof Element && event.target.closest('button, textarea, c2l-model-picker, .chips, .thumbnails')) return;
    event.preventDefault();
    this.input?.focus();
  }

  #fire(type: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}

function isLongerThanAPrompt(text: string): boolean {
  return text.length > MAX_PROMPT_BYTES / 4 && utf8(text).length > MAX_PROMPT_BYTES;
}

/** For browsers without `field-sizing`; the greatest height is the style sheet's. */
function fitHeight(input: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  input.style.height = 'auto';
  input.style.height = `${String(input.scrollHeight)}px`;
}

customElements.define('c2l-composer', ComposerElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-composer': ComposerElement;
  }
}
