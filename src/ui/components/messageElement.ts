import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { isRunning, type ChatMessage } from '../../protocol/chatMessage.ts';
import { answerTrouble } from '../announcements.ts';
import { attachmentLabel, splitQuestion, type Attachment } from '../attachments.ts';
import { frames } from '../frames.ts';
import { copyCodeEvent, type CopyDetail } from '../markdown/codeBlock.ts';
import { figures } from '../words.ts';
import { fire } from './fire.ts';
import './imageElement.ts';
import { fileIcon, warningIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import './markdownElement.ts';
import { loadSheets } from './openSheet.ts';
import { siblingSwitch } from './siblingSwitch.ts';
import { keepOneStop, moveInToolbar } from './toolbar.ts';
import { html, locale, say } from '../speech.ts';

/** Longer questions, such as pasted logs, are folded. */
const FOLD_AFTER_LINES = 40;

/** One question or one answer. */
export class MessageElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    message: { attribute: false },
    phase: { attribute: false },
    note: { attribute: false },
    queued: { attribute: false },
    mayBranch: { attribute: false },
    mayContinue: { attribute: false },
    editDraft: { attribute: false },
    isUnfolded: { state: true },
  };

  declare message: ChatMessage | undefined;
  /** What the model is doing while there is no text yet. */
  declare phase: string;
  /** A word about a question that is still on its way. */
  declare note: string;
  /** Of a question that waits its turn; `held`: it goes only when asked to. */
  declare queued: 'queued' | 'held' | undefined;
  /** It may be asked again, edited, or give way to a sibling. */
  declare mayBranch: boolean;
  /** The answer may be gone on with. */
  declare mayContinue: boolean;
  /** Of a question that is being edited. */
  declare editDraft: string | undefined;
  declare isUnfolded: boolean;

  /** Its height is guessed nowhere: it may be left out of layout only once a frame has laid it out. */
  readonly #settle = (): void => {
    this.dataset['settled'] = '';
  };
  readonly #drawn = (): void => {
    frames.request(this.#settle);
  };

  constructor() {
    super();
    this.phase = '';
    this.note = '';
    this.queued = undefined;
    this.mayBranch = false;
    this.mayContinue = false;
    this.editDraft = undefined;
    this.isUnfolded = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    frames.cancel(this.#drawn);
    frames.cancel(this.#settle);
  }

  protected override firstUpdated(): void {
    frames.request(this.#drawn);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.message) return nothing;
    return this.message.role === 'user' ? this.#question(this.message) : this.#answer(this.message);
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('mayBranch') || changed.has('message')) this.#tellMenu();
    // It stands below the question or in the footer: a search would go over all of a long answer, each time that it grows.
    for (const { lastElementChild: last } of this.children) if (last?.role === 'toolbar') keepOneStop(last);
    // Whoever leaves the editor goes on from where it was opened.
    const isLeft = changed.has('editDraft') && changed.get('editDraft') !== undefined && this.editDraft === undefined;
    if (isLeft && document.activeElement === document.body) this.querySelector<HTMLElement>('.edit-message')?.focus();
  }

  /** The editor's context menu asks for these: see `webview/context` in package.json. */
  #tellMenu(): void {
    const context = JSON.stringify({ chatMessage: this.message?.role === 'user' ? 'question' : 'answer', mayBranch: this.mayBranch });
    if (this.dataset['vscodeContext'] !== context) this.dataset['vscodeContext'] = context;
  }

  #question(message: ChatMessage): TemplateResult {
    if (this.editDraft !== undefined) {
      void loadSheets();
      return html`<c2l-question-editor
        .questionId=${message.id}
        .draft=${this.editDraft}
        .canSend=${this.mayBranch}
      ></c2l-question-editor>`;
    }
    const { text, attachments } = splitQuestion(message.text);
    const lines = text.split('\n').length;
    const folded = lines > FOLD_AFTER_LINES && !this.isUnfolded;
    return html`<div class="question">
      <div class="bubble ${folded ? 'folded' : ''}">${text}</div>
      ${imageList(message)}${attachments.map((attachment) => attachmentView(attachment))}
      ${folded ? html`<button type="button" class="quiet" @click=${this.#unfold}>Show all ${String(lines)} lines</button>` : nothing}
      ${this.note === '' ? nothing : html`<div class="note">${this.note} ${this.#queueButtons(message.id)}</div>`}
      ${this.note === '' ? this.#questionBar(message) : nothing}
    </div>`;
  }

  #questionBar(message: ChatMessage): TemplateResult | typeof nothing {
    if (!this.mayBranch && !message.siblings) return nothing;
    return html`<div class="message-bar" role="toolbar" aria-label="Message actions" @keydown=${moveInToolbar}>
      ${siblingSwitch(message, this.mayBranch)}
      ${this.mayBranch ? html`<button type="button" class="quiet edit-message" @click=${this.#edit}>Edit</button>` : nothing}
    </div>`;
  }

  #queueButtons(requestId: string): TemplateResult | typeof nothing {
    if (this.queued === undefined) return nothing;
    const button = (what: 'send' | 'edit' | 'remove', word: string): TemplateResult =>
      html`<button
        type="button"
        class="text-button"
        @click=${(): void => {
          fire(this, 'c2l-queued', { requestId, what });
        }}
      >
        ${word}
      </button>`;
    return html`${this.queued === 'held' ? button('send', say('Send now')) : nothing}${button('edit', say('Edit'))}${button('remove', say('Remove'))}`;
  }

  #answer(answer: ChatMessage): TemplateResult {
    const running = answer.state !== undefined && isRunning(answer.state);
    const silent = running && answer.text === '';
    const trouble = answerTrouble(answer);
    return html`${this.#thinking(answer, silent)}
      <c2l-markdown
        class="markdown ${running && !silent ? 'growing' : ''}"
        .content=${{ text: answer.text, isComplete: !running }}
      ></c2l-markdown>
      ${silent ? this.#typing() : nothing}
      ${trouble === undefined ? nothing : html`<div class="trouble">${warningIcon}<span>${trouble}</span></div>`}
      ${running ? nothing : this.#footer(answer)}`;
  }

  #thinking({ thinking, thinkingMs = 0 }: ChatMessage, isOpenEnded: boolean): TemplateResult | typeof nothing {
    if (thinking === undefined || thinking === '') return nothing;
    const seconds = Math.max(1, Math.round(thinkingMs / 1000)).toLocaleString(locale());
    return html`<details class="thinking" ?open=${this.closest('[thinking]')?.getAttribute('thinking') === 'expanded'}>
      <summary>${isOpenEnded ? say('Thinking…') : say('Thought for {0} s', seconds)}</summary>
      <div class="thoughts">${thinking}</div>
    </details>`;
  }

  #typing(): TemplateResult {
    return html`<div class="typing">
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span class="phase">${this.phase}</span>
    </div>`;
  }

  #footer(answer: ChatMessage): TemplateResult {
    const { stats } = answer;
    const ended = answer.state === 'stopped' ? ['stopped'] : stats?.reason === 'length' ? [say('cut off at the length limit')] : [];
    const full = stats?.contextNearlyFull === true ? [say('context nearly full')] : [];
    const facts = [...(answer.model === undefined ? [] : [answer.model]), ...ended, ...full].join(' · ');
    const details = stats ? figures(stats).map((fact) => ` · ${fact}`) : [];
    return html`<footer class="figures">
      <span class="facts">${facts}<span class="details">${details.join('')}</span></span>
      ${answer.standIn === true ? html`<span class="badge" title="Answered by a scripted stand-in, not by a model">stand-in</span>` : nothing}
      ${this.#answerBar(answer)}
    </footer>`;
  }

  #answerBar(answer: ChatMessage): TemplateResult | typeof nothing {
    const hasText = answer.text !== '';
    if (!hasText && !this.mayBranch && !answer.siblings) return nothing;
    return html`<div class="message-bar" role="toolbar" aria-label="Answer actions" @keydown=${moveInToolbar}>
      ${siblingSwitch(answer, this.mayBranch)}
      ${this.mayContinue ? html`<button type="button" class="quiet" @click=${this.#continue}>Continue</button>` : nothing}
      ${this.mayBranch ? html`<button type="button" class="quiet regenerate-message" @click=${this.#regenerate}>Regenerate</button>` : nothing}
      ${
        hasText
          ? html`<button type="button" class="quiet copy-message" aria-label="Copy message" @click=${this.#copy}>Copy</button>`
          : nothing
      }
    </div>`;
  }

  #unfold(): void {
    this.isUnfolded = true;
  }

  #edit(): void {
    if (this.message) fire(this, 'c2l-edit', this.message.id);
  }

  #regenerate(): void {
    if (this.message) fire(this, 'c2l-regenerate', this.message.id);
  }

  #continue(): void {
    if (this.message) fire(this, 'c2l-continue', this.message.id);
  }

  #copy(event: Event): void {
    if (!(event.currentTarget instanceof HTMLButtonElement)) return;
    const detail: CopyDetail = { text: this.message?.text ?? '', button: event.currentTarget };
    this.dispatchEvent(new CustomEvent(copyCodeEvent, { bubbles: true, detail }));
  }
}

function imageList({ images = [] }: ChatMessage): TemplateResult | typeof nothing {
  if (images.length === 0) return nothing;
  return html`<div class="images">${images.map((image) => html`<c2l-image .image=${image}></c2l-image>`)}</div>`;
}

/** What went with a question, folded: its name, and its lines on a press. */
export function attachmentView(attachment: Attachment, size?: string): TemplateResult {
  return html`<details class="attachment">
    <summary>${fileIcon}<span>${attachmentLabel(attachment)}</span>${size === undefined ? nothing : html`<small>${size}</small>`}</summary>
    <pre tabindex="0" role="group" aria-label=${attachmentLabel(attachment)}><code>${attachment.text}</code></pre>
  </details>`;
}

customElements.define('c2l-message', MessageElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-message': MessageElement;
  }
}
