import { html, nothing, type TemplateResult } from 'lit';
import type { ChatModel } from '../chatModel.ts';
import { connectionMeasure, connectionWord } from '../connectionLine.ts';
import { chatsIcon, closeIcon, newChatIcon } from './icons.ts';

export interface BarOptions {
  readonly title: string;
  /** Undefined where the list is a sheet. */
  readonly isRailOpen: boolean | undefined;
  readonly device: TemplateResult | typeof nothing;
  readonly showChats: () => void;
  readonly newChat: () => void;
}

/** The bar above the transcript. */
export function topBar({ title, isRailOpen, device, showChats, newChat }: BarOptions): TemplateResult {
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
      <h1>${title === '' ? 'New chat' : title}</h1>
      ${device}
    </div>
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
