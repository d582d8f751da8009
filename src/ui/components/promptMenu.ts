import { nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import type { SavedPrompt } from '../../protocol/chatPrompts.ts';
import { calledPrompts, excerptOf } from '../prompts.ts';
import { isPlainEnter } from './keys.ts';
import { html, say } from '../speech.ts';

export interface PromptMenuActions {
  readonly use: (text: string) => void;
  /** Opens the sheet of all prompts. */
  readonly manage: () => void;
}

const optionId = (index: number): string => `c2l-prompt-option-${String(index)}`;

/** The saved prompts that a message calls up with `/`, above the field, which keeps the focus. */
export class PromptMenu {
  readonly #host: ReactiveControllerHost;
  readonly #actions: PromptMenuActions;
  #found: readonly SavedPrompt[] | undefined;
  /** Index of the option that Enter takes; the last one is for managing them. */
  #active = 0;
  #draft = '';
  /** Escape has closed it: it stays so until the message calls up something anew. */
  #isLeft = false;

  constructor(host: ReactiveControllerHost, actions: PromptMenuActions) {
    this.#host = host;
    this.#actions = actions;
  }

  /** Called ahead of each drawing. */
  update(draft: string, prompts: readonly SavedPrompt[] | undefined): void {
    if (!draft.startsWith('/')) this.#isLeft = false;
    this.#found = this.#isLeft ? undefined : calledPrompts(draft, prompts);
    if (draft !== this.#draft) this.#active = 0;
    this.#draft = draft;
    this.#active = Math.min(this.#active, this.#found?.length ?? 0);
  }

  get isOpen(): boolean {
    return this.#found !== undefined;
  }

  get activeId(): string | undefined {
    return this.isOpen ? optionId(this.#active) : undefined;
  }

  /** @returns whether the key was the menu's */
  takeKey(event: KeyboardEvent): boolean {
    const found = this.#found;
    if (!found) return false;
    const size = found.length + 1;
    if (event.key === 'ArrowDown') this.#active = (this.#active + 1) % size;
    else if (event.key === 'ArrowUp') this.#active = (this.#active + size - 1) % size;
    else if (event.key === 'Escape') this.#isLeft = true;
    else if (isPlainEnter(event) || (event.key === 'Tab' && !event.shiftKey)) this.#choose(this.#active);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    this.#host.requestUpdate();
    return true;
  }

  render(): TemplateResult | typeof nothing {
    const found = this.#found;
    if (!found) return nothing;
    return html`<div class="prompt-menu" id="c2l-prompt-menu" role="listbox" aria-label="Saved prompts">
      ${found.map(({ name, text }, index) =>
        this.#option(index, html`<span class="prompt-name">/${name}</span><span class="prompt-text">${excerptOf(text)}</span>`),
      )}
      ${this.#option(found.length, html`<span class="prompt-manage">${found.length === 0 ? say('Save a prompt…') : say('Manage saved prompts…')}</span>`)}
    </div>`;
  }

  #option(index: number, content: TemplateResult): TemplateResult {
    return html`<div
      id=${optionId(index)}
      role="option"
      class=${index === this.#active ? 'active' : ''}
      aria-selected=${index === this.#active ? 'true' : 'false'}
      @click=${(): void => {
        this.#choose(index);
      }}
      @pointermove=${(): void => {
        if (this.#active === index) return;
        this.#active = index;
        this.#host.requestUpdate();
      }}
    >
      ${content}
    </div>`;
  }

  #choose(index: number): void {
    const prompt = this.#found?.[index];
    // What it brings may itself begin with a slash.
    this.#isLeft = true;
    if (prompt) this.#actions.use(prompt.text);
    else this.#actions.manage();
  }
}
