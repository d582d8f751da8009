import { nothing, type TemplateResult } from 'lit';
import type { SearchHit } from '../../protocol/chat.ts';
import type { ChatModel } from '../chatModel.ts';
import { fire } from './fire.ts';
import { html, say } from '../speech.ts';

/** What a search found, best first: where it stands, and the words around it. */
export function foundMessages({ items, query }: NonNullable<ChatModel['search']>, from: Element): TemplateResult {
  if (!items) return html`<p class="no-chats">Searching…</p>`;
  const heading = items.length === 0 ? say('Nothing found for “{0}”', query) : say('{0} found', items.length);
  return html`<h2>${heading}</h2>
    ${
      items.length === 0
        ? nothing
        : html`<ul>
            ${items.map((hit) => html`<li>${hitView(hit, from)}</li>`)}
          </ul>`
    }`;
}

function hitView(hit: SearchHit, from: Element): TemplateResult {
  const { conversationId, messageId, title, role } = hit;
  return html`<button
    type="button"
    class="chat-item hit"
    @click=${(): void => {
      fire(from, 'c2l-go', { conversationId, messageId });
    }}
  >
    <span class="chat-title">${title === '' ? say('Untitled') : title}</span>
    <span class="hit-text"><span class="visually-hidden">${role === 'user' ? say('You') : say('Answer')}: </span>${marked(hit)}</span>
  </button>`;
}

/** The excerpt with the words found marked; marks that do not fit it are passed over. */
export function marked({ excerpt, marks }: Pick<SearchHit, 'excerpt' | 'marks'>): (string | TemplateResult)[] {
  const parts: (string | TemplateResult)[] = [];
  let at = 0;
  for (const [begin, end] of marks) {
    if (begin < at || end <= begin || end > excerpt.length) continue;
    parts.push(excerpt.slice(at, begin), html`<mark>${excerpt.slice(begin, end)}</mark>`);
    at = end;
  }
  parts.push(excerpt.slice(at));
  return parts;
}
