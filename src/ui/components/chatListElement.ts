import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ConversationSummary } from '../../protocol/chat.ts';
import { MAX_QUERY_UNITS, MAX_TITLE_UNITS } from '../../protocol/limits.ts';
import type { ChatModel } from '../chatModel.ts';
import { groupByDate } from '../dateGroups.ts';
import { fire } from './fire.ts';
import { foundMessages } from './foundMessages.ts';
import { deleteIcon, editIcon, exportIcon, leftIcon, searchIcon } from './icons.ts';
import { isPlainEnter } from './keys.ts';
import { LightElement } from './lightElement.ts';
import { undoNotice } from './notices.ts';
import { html, say } from '../speech.ts';

/** The chats there are, newest first, the bin, and what a search found. Fires `c2l-open` with an id, `c2l-older-chats` and {@link fire}'s. */
export class ChatListElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    model: { attribute: false },
    now: { attribute: false },
    canExchange: { attribute: false },
    renaming: { state: true },
  };

  declare model: ChatModel | undefined;
  declare now: number;
  /** There is somebody to make files of chats, and chats of files. */
  declare canExchange: boolean;
  /** The chat whose title is being written. */
  declare renaming: string | undefined;

  constructor() {
    super();
    this.model = undefined;
    this.now = 0;
    this.canExchange = false;
    this.renaming = undefined;
  }

  focusSearch(): void {
    this.querySelector<HTMLElement>('input[type=search]')?.focus();
  }

  /** Begins to rename a chat of the list. */
  rename(id: string): void {
    this.renaming = id;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { model } = this;
    if (!model) return nothing;
    return html`${model.isBinOpen ? nothing : this.#searchField(model)}
      <nav class="chat-list" aria-label="Chats" @keydown=${this.#onListKey}>
        ${model.isBinOpen ? this.#bin(model) : model.search ? foundMessages(model.search, this) : this.#chats(model)}
      </nav>
      ${model.undo && !model.isBinOpen ? undoNotice(model.undo) : nothing}`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('renaming') && this.renaming !== undefined) this.querySelector<HTMLInputElement>('.rename')?.select();
    const before = changed.get('model') as ChatModel | undefined;
    if (!before || !this.model) return;
    // What had the focus is gone with its chat, or with its list.
    if (this.model.undo && before.undo !== this.model.undo) this.querySelector<HTMLElement>('.undo button')?.focus();
    if (before.isBinOpen !== this.model.isBinOpen && document.activeElement === document.body)
      this.querySelector<HTMLElement>(this.model.isBinOpen ? '.bin-head button' : '.open-bin')?.focus();
  }

  #searchField(model: ChatModel): TemplateResult {
    return html`<div class="search" role="search">
      ${searchIcon}<input
        type="search"
        aria-label="Search chats"
        placeholder="Search"
        maxlength=${MAX_QUERY_UNITS}
        .value=${model.search?.query ?? ''}
        @input=${(event: Event): void => {
          if (event.target instanceof HTMLInputElement) fire(this, 'c2l-search', event.target.value);
        }}
        @keydown=${this.#onSearchKey}
      />
    </div>`;
  }

  #chats({ conversations, conversation, moreConversations }: ChatModel): TemplateResult {
    return html`${groupByDate(conversations ?? [], this.now).map(
      ({ label, items }) =>
        html`<h2>${label}</h2>
          <ul>
            ${repeat(
              items,
              ({ id }) => id,
              (item) =>
                html`<li>${item.id === this.renaming ? this.#renameField(item) : this.#item(item, item.id === conversation.id)}</li>`,
            )}
          </ul>`,
    )}
    ${conversations?.length === 0 ? html`<p class="no-chats">No chats yet.</p>` : nothing}
    ${moreConversations === true ? html`<button type="button" class="quiet" @click=${this.#more}>Older chats</button>` : nothing}
    ${
      conversations
        ? html`<button
            type="button"
            class="quiet open-bin"
            @click=${(): void => {
              fire(this, 'c2l-bin', true);
            }}
          >
            Deleted chats
          </button>`
        : nothing
    }
    ${
      conversations && this.canExchange
        ? html`<button
            type="button"
            class="quiet"
            @click=${(): void => {
              fire(this, 'c2l-files', { command: 'importChats' });
            }}
          >
            Import chats…
          </button>`
        : nothing
    }`;
  }

  #item({ id, title, running }: ConversationSummary, isCurrent: boolean): TemplateResult {
    return html`<div class="chat-row ${isCurrent ? 'current' : ''}">
      <button
        type="button"
        class="chat-item"
        data-id=${id}
        aria-current=${isCurrent ? 'page' : nothing}
        aria-keyshortcuts="F2 Delete"
        @click=${(): void => {
          this.dispatchEvent(new CustomEvent('c2l-open', { bubbles: true, detail: id }));
        }}
      >
        <span class="chat-title" id="chat-${id}">${titleOf(title)}</span>
        ${running ? html`<span class="chat-running"><span class="visually-hidden">, answer being written</span></span>` : nothing}
      </button>
      <span class="chat-actions">
        <button
          type="button"
          class="icon-button small"
          aria-label="Rename"
          title="Rename (F2)"
          aria-describedby="chat-${id}"
          @click=${(): void => {
            this.renaming = id;
          }}
        >
          ${editIcon}
        </button>
        ${this.canExchange ? this.#exportButton(id, title) : nothing}
        <button
          type="button"
          class="icon-button small"
          aria-label="Delete"
          title="Delete (Del)"
          aria-describedby="chat-${id}"
          @click=${(): void => {
            fire(this, 'c2l-delete', id);
          }}
        >
          ${deleteIcon}
        </button>
      </span>
    </div>`;
  }

  #exportButton(id: string, title: string): TemplateResult {
    return html`<button
      type="button"
      class="icon-button small"
      aria-label="Export"
      title="Export"
      aria-describedby="chat-${id}"
      @click=${(): void => {
        fire(this, 'c2l-files', { command: 'exportChat', chat: { conversationId: id, title } });
      }}
    >
      ${exportIcon}
    </button>`;
  }

  /** Enter and leaving the field keep the title, Escape does not. */
  #renameField({ id, title }: ConversationSummary): TemplateResult {
    const end = (input: HTMLInputElement, isKept: boolean): void => {
      if (this.renaming !== id) return;
      const hadFocus = document.activeElement === input;
      this.renaming = undefined;
      const next = input.value.trim();
      if (isKept && next !== '' && next !== title) fire(this, 'c2l-rename', { id, title: next });
      if (hadFocus) void this.updateComplete.then(() => this.querySelector<HTMLElement>(`.chat-item[data-id="${id}"]`)?.focus());
    };
    return html`<input
      class="rename"
      aria-label="New title"
      maxlength=${MAX_TITLE_UNITS}
      .value=${title}
      @keydown=${(event: KeyboardEvent): void => {
        if (!(event.target instanceof HTMLInputElement)) return;
        event.stopPropagation();
        if (event.key !== 'Escape' && !isPlainEnter(event)) return;
        event.preventDefault();
        end(event.target, event.key === 'Enter');
      }}
      @blur=${(event: Event): void => {
        if (event.target instanceof HTMLInputElement) end(event.target, true);
      }}
    />`;
  }

  #bin({ deleted }: ChatModel): TemplateResult {
    return html`<div class="bin-head">
        <button
          type="button"
          class="icon-button small"
          aria-label="Back to chats"
          @click=${(): void => {
            fire(this, 'c2l-bin', false);
          }}
        >
          ${leftIcon}
        </button>
        <h2>Deleted chats</h2>
      </div>
      <p class="no-chats">${deleted?.length === 0 ? say('Nothing is deleted.') : say('Kept for 30 days, then gone for good.')}</p>
      <ul>
        ${repeat(
          deleted ?? [],
          ({ id }) => id,
          ({ id, title }) =>
            html`<li class="chat-row">
              <span class="chat-item"><span class="chat-title" id="chat-${id}">${titleOf(title)}</span></span>
              <button
                type="button"
                class="quiet"
                aria-describedby="chat-${id}"
                @click=${(): void => {
                  fire(this, 'c2l-restore', { id, open: false });
                }}
              >
                Restore
              </button>
            </li>`,
        )}
      </ul>`;
  }

  #more(): void {
    this.dispatchEvent(new CustomEvent('c2l-older-chats', { bubbles: true }));
  }

  #onSearchKey(event: KeyboardEvent): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.querySelector<HTMLElement>('.chat-item')?.focus();
    } else if (event.key === 'Escape' && event.target.value !== '') {
      // A second Escape closes the list, where it is a sheet.
      event.preventDefault();
      event.stopPropagation();
      event.target.value = '';
      fire(this, 'c2l-search', '');
    }
  }

  /** Up and down between chats; F2 renames the one with the focus, Delete deletes it. */
  #onListKey(event: KeyboardEvent): void {
    const { target } = event;
    if (!(target instanceof HTMLButtonElement) || !target.classList.contains('chat-item')) return;
    const id = target.dataset['id'];
    if (event.key === 'F2' && id !== undefined) this.renaming = id;
    else if (event.key === 'Delete' && id !== undefined) fire(this, 'c2l-delete', id);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const items = [...this.querySelectorAll<HTMLElement>('button.chat-item')];
      const next = items[items.indexOf(target) + (event.key === 'ArrowDown' ? 1 : -1)];
      if (next) next.focus();
      else if (event.key === 'ArrowUp') this.focusSearch();
    } else return;
    event.preventDefault();
  }
}

function titleOf(title: string): string {
  return title === '' ? say('Untitled') : title;
}

customElements.define('c2l-chat-list', ChatListElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-chat-list': ChatListElement;
  }
}
