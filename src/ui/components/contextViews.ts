import { nothing, svg, type PropertyDeclarations, type TemplateResult } from 'lit';
import { percentOf, type ContextUse } from '../contextUse.ts';
import { count } from '../settingsWords.ts';
import { fire } from './fire.ts';
import { closeIcon, warningIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import { html, say } from '../speech.ts';

/** Of a circle whose circumference is 100. */
const RADIUS = 100 / (2 * Math.PI);

/** How much of the context is used, beside the message; a press opens the setting. */
export function contextMeter(use: ContextUse | undefined): TemplateResult | typeof nothing {
  if (!use) return nothing;
  const percent = percentOf(use);
  const words = say('{0} of {1} tokens', count(use.used), count(use.size));
  return html`<button
    type="button"
    class="quiet context-meter ${use.isNearlyFull ? 'nearly-full' : ''}"
    aria-label="Context ${String(percent)} % used, ${words}"
    title="${words} of context used by this chat, as Ollama counted them with its last answer"
    @click=${(event: Event): void => {
      fire(event.currentTarget as Element, 'c2l-open-settings', 'contextLength');
    }}
  >
    ${svg`<svg class="ring" viewBox="0 0 40 40" aria-hidden="true" focusable="false"><circle class="track" cx="20" cy="20" r=${RADIUS}/><circle
      class="fill" cx="20" cy="20" r=${RADIUS} stroke-dasharray="${String(percent)} 100" transform="rotate(-90 20 20)"/></svg>`}
    <span>${String(percent)} %</span>
  </button>`;
}

/** Says ahead of it that messages will fall out of the model's sight, and what can be done. Once read, it is quiet for the chat until the context is full. */
export class ContextWarning extends LightElement {
  static override readonly properties: PropertyDeclarations = { use: { attribute: false }, read: { state: true } };

  declare use: ContextUse | undefined;
  /** What was said when it was dismissed. */
  declare read: string;

  constructor() {
    super();
    this.use = undefined;
    this.read = '';
  }

  protected override render(): TemplateResult | typeof nothing {
    const { use } = this;
    if (use?.isNearlyFull !== true || this.read === keyOf(use)) return nothing;
    const percent = percentOf(use);
    return html`<section class="card context-warning" aria-label="Context">
      ${warningIcon}
      <div>
        <strong>${percent === 100 ? say('The context is full.') : say('The context is {0} % full.', percent)}</strong>
        <p>
          ${
            percent === 100
              ? say('Ollama leaves out the oldest messages, and the model no longer knows them.')
              : say('When it is full, Ollama leaves out the oldest messages without saying so.')
          }
        </p>
        <button
          type="button"
          class="text-button"
          @click=${(): void => {
            fire(this, 'c2l-new-chat', undefined);
          }}
        >
          New chat
        </button>
        ${
          use.mayGrow
            ? html`<button
                type="button"
                class="text-button"
                @click=${(): void => {
                  fire(this, 'c2l-open-settings', 'contextLength');
                }}
              >
                Larger context…
              </button>`
            : nothing
        }
      </div>
      <button
        type="button"
        class="icon-button small"
        aria-label="Dismiss"
        @click=${(): void => {
          this.read = keyOf(use);
        }}
      >
        ${closeIcon}
      </button>
    </section>`;
  }
}

function keyOf(use: ContextUse): string {
  return `${use.conversationId} ${String(use.size)} ${percentOf(use) === 100 ? 'full' : 'nearly'}`;
}

customElements.define('c2l-context-warning', ContextWarning);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-context-warning': ContextWarning;
  }
}
