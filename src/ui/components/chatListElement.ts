import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { ConversationSummary } from '../../protocol/chat.ts';
import { groupByDate } from '../dateGroups.ts';
import { LightElement } from './lightElement.ts';

/** The chats there are, newest first. Fires `c2l-open` with an id and `c2l-older-chats`. */
export class ChatListElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    chats: { attribute: false },
    current: { attribute: false },
    hasMore: { attribute: false },
    now: { attribute: false },
  };

  declare chats: readonly ConversationSummary[] | undefined;
  declare current: string;
  declare hasMore: boolean;
  declare now: number;

  constructor() {
    super();
    this.chats = undefined;
    this.current = '';
    this.hasMore = false;
    this.now = 0;
  }

  protected override render(): TemplateResult {
    const chats = this.chats ?? [];
    return html`<nav class="chat-list" aria-label="Chats">
      ${groupByDate(chats, this.now).map(
        ({ label, items }) =>
          html`<h2>${label}</h2>
            <ul>
              ${items.map((item) => this.#item(item))}
            </ul>`,
      )}
      ${this.chats && chats.length === 0 ? html`<p class="no-chats">No chats yet.</p>` : nothing}
      ${this.hasMore ? html`<button type="button" class="quiet" @click=${this.#more}>Older chats</button>` : nothing}
    </nav>`;
  }

  #item({ id, title, running }: ConversationSummary): TemplateResult {
    const isCurrent = id === this.current;
    return html`<li>
      <button
        type="button"
        class="chat-item"
        aria-current=${isCurrent ? 'page' : nothing}
        @click=${(): void => {
          this.dispatchEvent(new CustomEvent('c2l-open', { bubbles: true, detail: id }));
        }}
      >
        <span class="chat-title">${title === '' ? 'Untitled' : title}</span>
        ${running ? html`<span class="chat-running"><span class="visually-hidden">, answer being written</span></span>` : nothing}
      </button>
    </li>`;
  }

  #more(): void {
    this.dispatchEvent(new CustomEvent('c2l-older-chats', { bubbles: true }));
  }
}

customElements.define('c2l-chat-list', ChatListElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-chat-list': ChatListElement;
  }
}
