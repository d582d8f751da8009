import { html, nothing, type TemplateResult } from 'lit';
import type { ChatMessage } from '../../protocol/chatMessage.ts';
import { fire } from './fire.ts';
import { leftIcon, rightIcon } from './icons.ts';

/** ‹2/3›: which of the messages that could stand here is shown. Buttons keep the focus at either end, so they are never disabled. */
export function siblingSwitch({ siblings, role }: ChatMessage, mayChange: boolean): TemplateResult | typeof nothing {
  if (!siblings || siblings.count < 2) return nothing;
  const what = role === 'user' ? 'message' : 'answer';
  const { position, count, previous, next } = siblings;
  const button = (control: 'previous' | 'next', to: string | undefined): TemplateResult => {
    const isOff = to === undefined || !mayChange;
    return html`<button
      type="button"
      class="icon-button small ${control}"
      aria-label="${control === 'previous' ? 'Previous' : 'Next'} ${what}"
      aria-disabled=${isOff ? 'true' : nothing}
      @click=${(event: Event): void => {
        if (!isOff && event.currentTarget instanceof Element) fire(event.currentTarget, 'c2l-choose', { messageId: to, control });
      }}
    >
      ${control === 'previous' ? leftIcon : rightIcon}
    </button>`;
  };
  const said = `${what === 'answer' ? 'Answer' : 'Version'} ${String(position)} of ${String(count)}`;
  return html`<span class="siblings"
    >${button('previous', previous)}<span aria-hidden="true">${String(position)}/${String(count)}</span
    ><span class="visually-hidden">${said}</span>${button('next', next)}</span
  >`;
}
