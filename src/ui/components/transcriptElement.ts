import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { frames } from '../frames.ts';
import { distanceToEnd, Stickiness } from '../stickiness.ts';
import { downIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import './messageElement.ts';
import type { TranscriptRow } from './transcriptRows.ts';
import { html } from '../speech.ts';

/** What is drawn first when a conversation opens; the rest follows with the next frame. */
const FIRST_ROWS = 30;
/** Begin of the transcript that asks for earlier messages, px from its top. */
const OLDER_DISTANCE_PX = 240;
/** How long what was opened or sent may move by being laid out, ms: rows are drawn in two turns, and those out of sight are measured later. */
const SETTLING_MS = 400;

/** The conversation, as a feed of articles. It follows its end until the person scrolls up. Fires `c2l-older` near its beginning. */
export class TranscriptElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    rows: { attribute: false },
    conversationId: { attribute: false },
    hasOlder: { attribute: false },
    isBusy: { attribute: false },
    empty: { attribute: false },
    isNewBelow: { state: true },
    isWhole: { state: true },
  };

  declare rows: readonly TranscriptRow[];
  declare conversationId: string;
  declare hasOlder: boolean;
  declare isBusy: boolean;
  /** Shown instead when there is no message. */
  declare empty: TemplateResult | typeof nothing;
  declare isNewBelow: boolean;
  /** All rows are drawn, not only the newest. */
  declare isWhole: boolean;
  readonly #stickiness = new Stickiness();
  #sizes: ResizeObserver | undefined;
  #shown = '';
  #touchY = 0;
  /** Until then the view is still being laid out: what moves it is not the person, who has keys, wheel and finger for it. */
  #settlesUntil = 0;
  #scrollbar = -1;
  readonly #drawRest = (): void => {
    this.isWhole = true;
  };

  constructor() {
    super();
    this.rows = [];
    this.conversationId = '';
    this.hasOlder = false;
    this.isBusy = false;
    this.empty = nothing;
    this.isNewBelow = false;
    this.isWhole = false;
  }

  /** Goes to the end and follows it. */
  toEnd(): void {
    this.#stickiness.stick();
    this.#settlesUntil = performance.now() + SETTLING_MS;
    this.isNewBelow = false;
    this.#follow();
  }

  /** Puts a message into the middle of the view, with the focus, and stays there. */
  async show(messageId: string): Promise<void> {
    this.isWhole = true;
    this.#stickiness.up();
    await this.updateComplete;
    const article = this.#article(messageId);
    article?.classList.add('found');
    article?.scrollIntoView({ block: 'center' });
    article?.focus({ preventScroll: true });
  }

  /** Focuses a control of a message, so that a press on it can be repeated on the message that took its place. */
  focusControl(messageId: string, control: string): void {
    this.#article(messageId)?.querySelector<HTMLElement>(`button.${control}`)?.focus();
  }

  focusLast(): void {
    this.#articles().at(-1)?.focus();
  }

  protected override render(): TemplateResult {
    return html`<div
        class="scroller"
        @scroll=${this.#onScroll}
        @wheel=${this.#onWheel}
        @touchstart=${this.#onTouch}
        @touchmove=${this.#onTouch}
        @keydown=${this.#onKey}
        @click=${this.#onClick}
      >
        <div class="column">${this.rows.length === 0 ? this.empty : this.#feed()}</div>
      </div>
      ${
        this.isNewBelow ? html`<button type="button" class="new-below" @click=${this.#onNew}>${downIcon}<span>new</span></button>` : nothing
      }`;
  }

  #feed(): TemplateResult {
    const size = this.hasOlder ? -1 : this.rows.length;
    const skipped = this.isWhole ? 0 : Math.max(0, this.rows.length - FIRST_ROWS);
    return html`<div role="feed" aria-label="Conversation" aria-busy=${this.isBusy ? 'true' : 'false'}>
      ${this.hasOlder ? html`<div class="earlier" aria-hidden="true">Earlier messages…</div>` : nothing}
      ${repeat(
        this.rows.slice(skipped),
        ({ key }) => key,
        (row, index) =>
          html`<c2l-message
            role="article"
            tabindex=${skipped + index === this.rows.length - 1 ? 0 : -1}
            class=${row.message.role === 'user' ? 'from-person' : 'from-model'}
            aria-label=${row.label}
            aria-posinset=${skipped + index + 1}
            aria-setsize=${size}
            .message=${row.message}
            .phase=${row.phase}
            .note=${row.note}
            .queued=${row.queued}
            .mayBranch=${row.mayBranch}
            .mayContinue=${row.mayContinue}
            .editDraft=${row.editDraft}
          ></c2l-message>`,
      )}
    </div>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Answers grow after this element has drawn, and the view itself changes size with keyboard and composer.
    this.#sizes = new ResizeObserver(() => {
      this.#tellScrollbar();
      this.#follow();
    });
    if (this.hasUpdated) this.#observe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes?.disconnect();
    frames.cancel(this.#drawRest);
  }

  protected override firstUpdated(): void {
    this.#observe();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('conversationId')) this.isWhole = false;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (!this.isWhole && this.rows.length > 0) frames.request(this.#drawRest);
    if (this.conversationId !== this.#shown) {
      this.#shown = this.conversationId;
      this.toEnd();
    }
    if (!changed.has('rows')) return;
    // Text that grows is followed when it has been laid out: to ask for the end here would have it laid out twice.
    if (this.#stickiness.isStuck) {
      if (!areSameRows(changed.get('rows'), this.rows)) this.#follow();
    } else if (hasGrown(changed.get('rows'), this.rows)) this.isNewBelow = true;
  }

  #observe(): void {
    const { scroller } = this;
    if (!scroller) return;
    this.#sizes?.observe(scroller);
    if (scroller.firstElementChild) this.#sizes?.observe(scroller.firstElementChild);
  }

  get scroller(): HTMLElement | null {
    return this.querySelector('.scroller');
  }

  /** How much of each side the scroll bar takes, for what stands below the transcript. */
  #tellScrollbar(): void {
    const { scroller } = this;
    if (!scroller) return;
    const width = (scroller.offsetWidth - scroller.clientWidth) / 2;
    if (width === this.#scrollbar) return;
    this.#scrollbar = width;
    this.parentElement?.style.setProperty('--c2l-scrollbar', `${String(width)}px`);
  }

  #follow(): void {
    const { scroller } = this;
    if (scroller && this.#stickiness.isStuck) scroller.scrollTop = scroller.scrollHeight;
  }

  #onNew(): void {
    this.toEnd();
  }

  #onScroll(): void {
    const { scroller } = this;
    if (!scroller) return;
    const position = { top: scroller.scrollTop, height: scroller.scrollHeight, viewHeight: scroller.clientHeight };
    if (this.#stickiness.isStuck && performance.now() < this.#settlesUntil) {
      this.#stickiness.moved(position);
      if (distanceToEnd(position) > 1) this.#follow();
    } else this.#stickiness.scrolled(position);
    if (this.#stickiness.isStuck) this.isNewBelow = false;
    else if (this.hasOlder && scroller.scrollTop < OLDER_DISTANCE_PX) this.dispatchEvent(new CustomEvent('c2l-older', { bubbles: true }));
  }

  #onWheel(event: WheelEvent): void {
    if (event.deltaY < 0 && this.#canScroll()) this.#stickiness.up();
  }

  #onTouch(event: TouchEvent): void {
    const y = event.touches[0]?.clientY ?? 0;
    if (event.type === 'touchmove' && y > this.#touchY && this.#canScroll()) this.#stickiness.up();
    this.#touchY = y;
  }

  #canScroll(): boolean {
    const { scroller } = this;
    return scroller !== null && scroller.scrollTop > 0;
  }

  /** Moves between articles as in every feed; other keys that go up leave the end. */
  #onKey(event: KeyboardEvent): void {
    if (event.target instanceof HTMLElement && event.target.closest('pre, .table-frame, textarea')) return;
    const articles = this.#articles();
    const at = articles.findIndex((article) => article.contains(document.activeElement));
    if (at >= 0 && (event.key === 'PageUp' || event.key === 'PageDown')) {
      const next = articles[at + (event.key === 'PageUp' ? -1 : 1)];
      if (!next) return;
      event.preventDefault();
      if (event.key === 'PageUp') this.#stickiness.up();
      next.focus();
      next.scrollIntoView({ block: 'nearest' });
    } else if (['ArrowUp', 'PageUp', 'Home'].includes(event.key) && this.#canScroll()) this.#stickiness.up();
    else if (event.key === 'Enter') this.#onClick(event);
  }

  /** A link within an answer goes to the heading of that name in the same answer. */
  #onClick(event: Event): void {
    const link = event.target instanceof Element ? event.target.closest('a[data-fragment]') : null;
    const wanted = slug(decode(link?.getAttribute('data-fragment') ?? ''));
    if (!link || wanted === '') return;
    const headings = link.closest('c2l-message')?.querySelectorAll('h2, h3, h4, h5, h6') ?? [];
    const heading = [...headings].find(({ textContent }) => slug(textContent) === wanted);
    this.#stickiness.up();
    heading?.scrollIntoView({ block: 'start' });
  }

  #article(messageId: string): HTMLElement | undefined {
    return [...this.querySelectorAll('c2l-message')].find(({ message }) => message?.id === messageId);
  }

  #articles(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role=article]')];
  }
}

function areSameRows(before: unknown, after: readonly TranscriptRow[]): boolean {
  const rows = Array.isArray(before) ? (before as readonly TranscriptRow[]) : [];
  return rows.length === after.length && after.every(({ key }, at) => rows[at]?.key === key);
}

/** Something came to the end. Another branch in the place of one is not new. */
function hasGrown(before: unknown, after: readonly TranscriptRow[]): boolean {
  const rows = Array.isArray(before) ? (before as readonly TranscriptRow[]) : [];
  const [old, last] = [rows.at(-1), after.at(-1)];
  if (!last || !old) return false;
  return old.key === last.key ? last.message.text.length > old.message.text.length : after.length > rows.length;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .trim()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

customElements.define('c2l-transcript', TranscriptElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-transcript': TranscriptElement;
  }
}
