import { nothing, type TemplateResult } from 'lit';
import type { ChatController } from '../chatController.ts';
import { deviceNameOf, isUp, modelOf, visiblePending, type ChatModel } from '../chatModel.ts';
import type { ConnectionLine } from '../connectionLine.ts';
import { contextUse } from '../contextUse.ts';
import './contextViews.ts';
import { fire } from './fire.ts';
import { closeIcon, markIcon, warningIcon } from './icons.ts';
import { ollamaNotices } from './ollamaCard.ts';
import { firstModel, isWithoutModels } from './pullRows.ts';
import { html, say, wordsOf } from '../speech.ts';

/** The one line about the way to the device. */
export function connectionNotice(line: ConnectionLine | undefined, pairAgain: () => void): TemplateResult | typeof nothing {
  if (!line) return nothing;
  return html`<div class="connection-line ${line.tone}">
    <span>${line.text}</span>
    ${line.action === 'pairAgain' ? html`<button type="button" class="text-button" @click=${pairAgain}>Pair again</button>` : nothing}
  </div>`;
}

/** What stands above the composer: trouble with Ollama, what was refused, and, where the list of chats is out of sight, what was deleted. */
export function notices(model: ChatModel, controller: ChatController, showsUndo: boolean): TemplateResult {
  const refused = visiblePending(model).filter((send) => send.state === 'refused');
  return html`${showsUndo && model.undo ? undoNotice(model.undo) : nothing}${stopNotice(model)}${
      model.refusal
        ? notice(wordsOf(model.refusal.error, model.refusal.detail), () => {
            controller.dismiss();
          })
        : nothing
    }
    ${
      model.fileNote === undefined
        ? nothing
        : notice(model.fileNote, () => {
            controller.images.note();
          })
    }
    ${refused.map((send) =>
      notice(
        say('Not sent. {0}', wordsOf(send.error ?? 'internal', send.detail)),
        () => {
          controller.dismiss(send.requestId);
        },
        send.givenBack === true
          ? undefined
          : (): void => {
              controller.dismiss(send.requestId, true);
            },
      ),
    )}
    ${ollamaNotices(model, controller)}<c2l-context-warning .use=${contextUse(model)}></c2l-context-warning>`;
}

/** A stop that cannot arrive now: the answer goes on there until it does. */
function stopNotice(model: ChatModel): TemplateResult | typeof nothing {
  if (!model.stopping || isUp(model)) return nothing;
  return html`<div class="notice">
    ${warningIcon}<span>Stop waits for ${deviceNameOf(model) ?? say('the computer')}. Until then the answer goes on there.</span>
  </div>`;
}

function notice(words: string, dismiss: () => void, edit?: () => void): TemplateResult {
  return html`<div class="notice">
    ${warningIcon}<span>${words}</span>
    ${edit ? html`<button type="button" class="text-button" @click=${edit}>Edit</button>` : nothing}
    <button type="button" class="icon-button small" aria-label="Dismiss" @click=${dismiss}>${closeIcon}</button>
  </div>`;
}

/** What a chat shows before its first message. */
export function emptyState(model: ChatModel): TemplateResult | typeof nothing {
  if (model.conversation.phase === 'opening') return html`<div class="empty" aria-hidden="true"></div>`;
  if (isWithoutModels(model)) return html`<div class="empty">${firstModel(model)}</div>`;
  const name = modelOf(model);
  if (model.conversation.temporary === true) return temporaryEmptyState();
  return html`<div class="empty">
    ${markIcon}
    <p class="empty-title">${name === undefined ? say('Your own models') : say('Ask {0}', name)}</p>
    <p class="empty-text">${model.ollama.standIn === true ? say('A scripted stand-in answers here, not a model.') : whereItRuns(model)}</p>
  </div>`;
}

/** Where model and chats are, and who could read them there. */
function whereItRuns({ hub }: ChatModel): string {
  if (hub?.guest === true)
    return say('These are your chats on {0}, as a guest. Whoever owns that computer could read them.', hub.deviceName);
  const where = hub === undefined || hub.scope === 'local' ? say('this computer') : hub.deviceName;
  return say('It runs on {0}. Chats are kept there and nowhere else.', where);
}

function temporaryEmptyState(): TemplateResult {
  return html`<div class="empty">
    ${markIcon}
    <p class="empty-title">Temporary chat</p>
    <p class="empty-text">Nothing of it is written down. It is gone when you leave it.</p>
  </div>`;
}

/** The last deletion, and the way back. */
export function undoNotice({ conversationId, title }: NonNullable<ChatModel['undo']>): TemplateResult {
  const from = (event: Event): Element => event.currentTarget as Element;
  return html`<div class="notice undo" role="group" aria-label="Deleted">
    <span>Deleted “${title === '' ? say('Untitled') : title}”.</span>
    <button
      type="button"
      class="text-button"
      @click=${(event: Event): void => {
        fire(from(event), 'c2l-restore', { id: conversationId, open: true });
      }}
    >
      Undo
    </button>
    <button
      type="button"
      class="icon-button small"
      aria-label="Dismiss"
      @click=${(event: Event): void => {
        fire(from(event), 'c2l-forget-undo', undefined);
      }}
    >
      ${closeIcon}
    </button>
  </div>`;
}
