import { nothing, type TemplateResult } from 'lit';
import type { ChatMessage } from '../../protocol/chatMessage.ts';
import { noted } from '../../base/say.ts';
import { fire } from './fire.ts';
import { leftIcon, rightIcon } from './icons.ts';
import { html, say } from '../speech.ts';

/** ‹2/3›: which of the messages that could stand here is shown. Buttons keep the focus at either end, so they are never disabled. */
export function siblingSwitch({ siblings, role }: ChatMessage, mayChange: boolean): TemplateResult | typeof nothing {
  if (!siblings || siblings.count < 2) return nothing;
  const { position, count, previous, next } = siblings;
  const button = (control: 'previous' | 'next', names: readonly [string, string], to: string | undefined): TemplateResult => {
    const isOff = to === undefined || !mayChange;
    return html`<button
      type="button"
      class="icon-button small ${control}"
      aria-label=${say(names[role === 'user' ? 0 : 1])}
      aria-disabled=${isOff ? 'true' : nothing}
      @click=${(event: Event): void => {
        if (!isOff && event.currentTarget instanceof Element) fire(event.currentTarget, 'c2l-choose', { messageId: to, control });
      }}
    >
      ${control === 'previous' ? leftIcon : rightIcon}
    </button>`;
  };
  const said = role === 'user' ? say('Version {0} of {1}', position, count) : say('Answer {0} of {1}', position, count);
  return html`<span class="siblings"
    >${button('previous', [noted('Previous message'), noted('Previous answer')], previous)}<span aria-hidden="true"
      >${String(position)}/${String(count)}</span
    ><span class="visually-hidden">${said}</span>${button('next', [noted('Next message'), noted('Next answer')], next)}</span
  >`;
}
