import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { isRunning, type ChatMessage } from '../../protocol/chatMessage.ts';
import { answerTrouble } from '../announcements.ts';
import { frames } from '../frames.ts';
import { copyCodeEvent, type CopyDetail } from '../markdown/codeBlock.ts';
import { figures } from '../words.ts';
import { warningIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import './markdownElement.ts';

/** Longer questions, such as pasted logs, are folded. */
const FOLD_AFTER_LINES = 40;

/** One question or one answer. */
export class MessageElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    message: { attribute: false },
    phase: { attribute: false },
    note: { attribute: false },
    isUnfolded: { state: true },
  };

  declare message: ChatMessage | undefined;
  /** What the model is doing while there is no text yet. */
  declare phase: string;
  /** A word about a question that is still on its way. */
  declare note: string;
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

  #question({ text }: ChatMessage): TemplateResult {
    const lines = text.split('\n').length;
    const folded = lines > FOLD_AFTER_LINES && !this.isUnfolded;
    return html`<div class="question">
      <div class="bubble ${folded ? 'folded' : ''}">${text}</div>
      ${folded ? html`<button type="button" class="quiet" @click=${this.#unfold}>Show all ${String(lines)} lines</button>` : nothing}
      ${this.note === '' ? nothing : html`<div class="note">${this.note}</div>`}
    </div>`;
  }

  #answer(answer: ChatMessage): TemplateResult {
    const running = answer.state !== undefined && isRunning(answer.state);
    const silent = running && answer.text === '';
    const trouble = answerTrouble(answer);
    return html`<c2l-markdown
        class="markdown ${running && !silent ? 'growing' : ''}"
        .content=${{ text: answer.text, isComplete: !running }}
      ></c2l-markdown>
      ${silent ? this.#typing() : nothing}
      ${trouble === undefined ? nothing : html`<div class="trouble">${warningIcon}<span>${trouble}</span></div>`}
      ${running ? nothing : this.#footer(answer)}`;
  }

  #typing(): TemplateResult {
    return html`<div class="typing">
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span class="phase">${this.phase}</span>
    </div>`;
  }

  #footer(answer: ChatMessage): TemplateResult {
    const { stats } = answer;
    const ended = answer.state === 'stopped' ? ['stopped'] : stats?.reason === 'length' ? ['cut off at the length limit'] : [];
    const facts = [...(answer.model === undefined ? [] : [answer.model]), ...ended, ...(stats ? figures(stats) : [])];
    return html`<footer class="figures">
      <span class="facts">${facts.join(' · ')}</span>
      ${answer.standIn === true ? html`<span class="badge" title="Answered by a scripted stand-in, not by a model">stand-in</span>` : nothing}
      ${
        answer.text === ''
          ? nothing
          : html`<button type="button" class="quiet copy-message" aria-label="Copy message" @click=${this.#copy}>Copy</button>`
      }
    </footer>`;
  }

  #unfold(): void {
    this.isUnfolded = true;
  }

  #copy(event: Event): void {
    if (!(event.currentTarget instanceof HTMLButtonElement)) return;
    const detail: CopyDetail = { text: this.message?.text ?? '', button: event.currentTarget };
    this.dispatchEvent(new CustomEvent(copyCodeEvent, { bubbles: true, detail }));
  }
}

customElements.define('c2l-message', MessageElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-message': MessageElement;
  }
}
