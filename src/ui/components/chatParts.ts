import { html, nothing, type TemplateResult } from 'lit';
import type { ChatModel } from '../chatModel.ts';
import { connectionMeasure, connectionWord } from '../connectionLine.ts';
import { chatsIcon, closeIcon, newChatIcon, temporaryIcon } from './icons.ts';

export interface BarOptions {
  readonly title: string;
  /** Undefined where the list is a sheet. */
  readonly isRailOpen: boolean | undefined;
  readonly device: TemplateResult | typeof nothing;
  readonly showChats: () => void;
  readonly newChat: () => void;
  /** The chat shown is a temporary one. */
  readonly isTemporary: boolean;
  /** Undefined where there are none. */
  readonly newTemporaryChat: (() => void) | undefined;
}

/** The bar above the transcript. */
export function topBar(options: BarOptions): TemplateResult {
  const { title, isRailOpen, device, showChats, newChat, isTemporary, newTemporaryChat } = options;
  return html`<header class="bar">
    <button
      type="button"
      class="icon-button"
      aria-label="Chats"
      aria-expanded=${isRailOpen === undefined ? nothing : String(isRailOpen)}
      @click=${showChats}
    >
      ${chatsIcon}
    </button>
    <div class="bar-text">
      <h1>${title === '' ? (isTemporary ? 'Temporary chat' : 'New chat') : title}</h1>
      <div class="bar-line">
        ${
          isTemporary
            ? html`<span class="temporary-mark" title="Nothing of this chat is written down">
                ${temporaryIcon}<span><span class="visually-hidden">Temporary chat: </span>Not kept</span>
              </span>`
            : nothing
        }
        ${device}
      </div>
    </div>
    ${
      newTemporaryChat
        ? html`<button
            type="button"
            class="icon-button"
            aria-label="Temporary chat"
            title="Temporary chat: nothing of it is kept"
            @click=${newTemporaryChat}
          >
            ${temporaryIcon}
          </button>`
        : nothing
    }
    <button type="button" class="icon-button" aria-label="New chat" @click=${newChat}>${newChatIcon}</button>
  </header>`;
}

/** The device at the far end and how the line to it is. */
export function deviceLine(model: ChatModel): TemplateResult {
  const word = connectionWord(model);
  return html`<div class="device" title=${connectionMeasure(model) ?? nothing}>
    <span class="dot ${word.toLowerCase().replace(' ', '-')}" aria-hidden="true"></span>
    <span class="device-name">${model.hub?.deviceName ?? 'Your computer'}</span><span class="device-word">${word}</span>
  </div>`;
}

/** The list of chats where there is no room beside the transcript. */
export function chatSheet(list: TemplateResult, close: () => void, closed: () => void): TemplateResult {
  return html`<dialog class="sheet" aria-label="Chats" @close=${closed}>
    <div class="sheet-head">
      <h2>Chats</h2>
      <button type="button" class="icon-button" aria-label="Close" @click=${close}>${closeIcon}</button>
    </div>
    ${list}
  </dialog>`;
}
