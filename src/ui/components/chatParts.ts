import { nothing, type TemplateResult } from 'lit';
import type { ChatController } from '../chatController.ts';
import { deviceNameOf, type ChatModel } from '../chatModel.ts';
import { connectionDot, connectionMeasure, connectionWord } from '../connectionLine.ts';
import type { Conversation } from '../conversationModel.ts';
import { settingsWords } from '../settingsWords.ts';
import { fire } from './fire.ts';
import { chatsIcon, closeIcon, newChatIcon, settingsIcon, temporaryIcon } from './icons.ts';
import { html, say } from '../speech.ts';

export interface BarOptions {
  readonly conversation: Conversation;
  /** Undefined where the list is a sheet. */
  readonly isRailOpen: boolean | undefined;
  readonly device: TemplateResult | typeof nothing;
  /** By what names others look at it too. */
  readonly others: readonly string[];
  readonly showChats: () => void;
  readonly newChat: () => void;
  /** The chat shown is a temporary one. */
  /** Undefined where there are none. */
  readonly newTemporaryChat: (() => void) | undefined;
}

/** The bar above the transcript. */
export function topBar({ conversation, isRailOpen, device, others, showChats, newChat, newTemporaryChat }: BarOptions): TemplateResult {
  const { title, settings } = conversation;
  const isTemporary = conversation.temporary === true;
  const changed = settingsWords(settings).join(' · ');
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
      <h1>${title === '' ? (isTemporary ? say('Temporary chat') : say('New chat')) : title}</h1>
      <div class="bar-line">
        ${
          isTemporary
            ? html`<span class="temporary-mark" title="Nothing of this chat is written down">
                ${temporaryIcon}<span><span class="visually-hidden">Temporary chat: </span>Not kept</span>
              </span>`
            : nothing
        }
        ${device} ${othersLine(others)}
      </div>
      ${changed === '' ? nothing : html`<div class="bar-settings" id="c2l-bar-settings" title="Set for this chat: ${changed}">${changed}</div>`}
    </div>
    <button
      type="button"
      class="icon-button ${changed === '' ? '' : 'is-set'}"
      aria-label="Chat settings"
      title="Chat settings"
      aria-haspopup="dialog"
      aria-describedby=${changed === '' ? nothing : 'c2l-bar-settings'}
      @click=${(event: Event): void => {
        fire(event.currentTarget as Element, 'c2l-open-settings', undefined);
      }}
    >
      ${settingsIcon}
    </button>
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

/** Who else looks at this chat. */
function othersLine(names: readonly string[]): TemplateResult | typeof nothing {
  const [first] = names;
  if (first === undefined) return nothing;
  const text = names.length === 1 ? say('Also in {0}', first) : say('Also in {0} places', names.length);
  return html`<span class="others" title="Also open in ${names.join(', ')}">${text}</span>`;
}

/** The device at the far end and how the line to it is. */
export function deviceLine(model: ChatModel): TemplateResult {
  return html`<div class="device" title=${connectionMeasure(model) ?? nothing}>
    <span class="dot ${connectionDot(model)}" aria-hidden="true"></span>
    <span class="device-name">${deviceNameOf(model) ?? say('Your computer')}</span><span class="device-word">${connectionWord(model)}</span>
  </div>`;
}

/** The list of chats, and what the host has put below it. */
export function chatList(
  model: ChatModel,
  controller: ChatController,
  below: TemplateResult | typeof nothing,
  open: (conversationId: string) => void,
): TemplateResult {
  return html`<c2l-chat-list
      .model=${model}
      .now=${controller.clock.now()}
      .canExchange=${model.hub?.features?.includes('files') === true}
      @c2l-open=${(event: CustomEvent<string>): void => {
        open(event.detail);
      }}
      @c2l-older-chats=${(): void => {
        controller.loadOlderChats();
      }}
    ></c2l-chat-list
    >${below}`;
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

/** The sheets that stand ready behind a chat. */
export function chatDialogs(model: ChatModel, controller: ChatController): TemplateResult {
  return html`<c2l-models .model=${model} .clock=${controller.clock}></c2l-models><c2l-chat-files .controller=${controller}></c2l-chat-files
    ><c2l-chat-settings .model=${model}></c2l-chat-settings><c2l-prompts .model=${model}></c2l-prompts>`;
}
