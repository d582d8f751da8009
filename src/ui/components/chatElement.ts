import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { DisposableStore, toDisposable } from '../../base/disposable.ts';
import { announce, type Announcement } from '../announcements.ts';
import { AnswerProgress } from '../answerProgress.ts';
import type { ChatController } from '../chatController.ts';
import { isGenerating, othersHere, type ChatModel } from '../chatModel.ts';
import { askHostToCopy } from '../codeActions.ts';
import { connectionSpoken, type ConnectionLine } from '../connectionLine.ts';
import { ConnectionWatch } from '../connectionWatch.ts';
import { copyText, showCopied } from '../copyText.ts';
import { frames } from '../frames.ts';
import { copyCodeEvent, type CopyDetail } from '../markdown/codeBlock.ts';
import type { ChatListElement } from './chatListElement.ts';
import { chatDialogs, chatList, chatSheet, deviceLine, topBar } from './chatParts.ts';
import { wireChat } from './chatWiring.ts';
import { composer } from './chatComposer.ts';
import { wireModels } from './modelsWiring.ts';
import { FocusMover, type FocusTarget } from './focusMover.ts';
import { loadSheets } from './openSheet.ts';
import { LightElement } from './lightElement.ts';
import { connectionNotice, emptyState, notices } from './notices.ts';
import { offersTemporary } from '../temporaryChat.ts';
import './transcriptElement.ts';
import { transcriptRows } from './transcriptRows.ts';
import { html, say } from '../speech.ts';

/** From this width on the list of chats stands beside the transcript, px. */
const RAIL_FROM_PX = 1000;

/** The whole chat, over one controller that somebody else owns. Fires `c2l-shown` after each paint, and `c2l-pair-again`. */
export class ChatElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    controller: { attribute: false },
    model: { state: true },
    isWide: { state: true },
    isRailClosed: { state: true },
    line: { state: true },
    announcement: { state: true },
  };

  declare controller: ChatController | undefined;
  /** What is on the screen; the controller may be a frame ahead. */
  declare model: ChatModel | undefined;
  declare isWide: boolean;
  declare isRailClosed: boolean;
  declare line: ConnectionLine | undefined;
  declare announcement: Announcement | undefined;
  /** Drawn below the list of chats. */
  belowChats: TemplateResult | typeof nothing = nothing;
  #followed: ChatController | undefined;
  /** What lives as long as this element follows one controller. */
  readonly #owned = new DisposableStore();
  #watch: ConnectionWatch | undefined;
  #widths: ResizeObserver | undefined;
  readonly #focus = new FocusMover();
  readonly #paint = (): void => {
    this.redraw();
  };

  constructor() {
    super();
    this.controller = undefined;
    this.model = undefined;
    this.isWide = false;
    this.isRailClosed = false;
    this.line = undefined;
    this.announcement = undefined;
    this.addEventListener(copyCodeEvent, (event) => {
      const { text, button } = (event as CustomEvent<CopyDetail>).detail;
      void this.copy(text, button);
    });
    this.addEventListener('keydown', (event) => {
      this.#onKey(event);
    });
    wireChat(this);
    wireModels(this);
  }

  readonly focusInput = (): void => {
    this.querySelector('c2l-composer')?.input?.focus();
  };

  readonly focusLastMessage = (): void => {
    this.querySelector('c2l-transcript')?.focusLast();
  };

  readonly newChat = (): void => {
    this.#begin(false);
  };

  readonly newTemporaryChat = (): void => {
    this.#begin(true);
  };

  /** Opens the list of chats where it is a sheet; where it stands beside the transcript, closes or opens it. */
  readonly showChats = (): void => {
    if (this.isWide) this.isRailClosed = !this.isRailClosed;
    else this.#sheet?.showModal();
  };

  /** Has the list of chats on the screen. */
  async openChats(): Promise<ChatListElement | null> {
    if (!(await loadSheets())) return null;
    if (this.isWide) this.isRailClosed = false;
    else if (this.#sheet?.open === false) this.#sheet.showModal();
    await this.updateComplete;
    return this.querySelector('c2l-chat-list');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#widths = new ResizeObserver(([entry]) => {
      this.isWide = (entry?.contentRect.width ?? 0) >= RAIL_FROM_PX;
    });
    this.#widths.observe(this);
    void loadSheets();
    if (this.hasUpdated) this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#widths?.disconnect();
    this.#unfollow();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('controller')) this.#follow();
  }

  protected override updated(): void {
    const { controller, model } = this;
    if (!controller || !model) return;
    controller.drawn(model);
    this.#focus.move(model, controller, this.querySelector('c2l-transcript'));
    this.dispatchEvent(new CustomEvent('c2l-shown', { bubbles: true }));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { model, controller } = this;
    if (!model || !controller) return nothing;
    const rail = this.isWide && !this.isRailClosed;
    const device = controller.capabilities.showsConnection ? deviceLine(model) : nothing;
    const { showChats, newChat } = this;
    const newTemporaryChat = offersTemporary(model) ? this.newTemporaryChat : undefined;
    const { conversation } = model;
    const bar = {
      conversation,
      others: othersHere(model),
      isRailOpen: this.isWide ? rail : undefined,
      showChats,
      newChat,
      newTemporaryChat,
    };
    return html`<div class="layout ${rail ? 'with-rail' : ''}">
        ${rail ? html`<aside class="rail" aria-label="Chats and device">${device}${this.#list(model, controller)}</aside>` : nothing}
        <main class="chat">
          ${topBar({ ...bar, device: rail ? nothing : device })} ${connectionNotice(this.line, this.#pairAgain)}
          <c2l-transcript
            .rows=${transcriptRows(model, controller.clock.now())}
            .conversationId=${model.conversation.id}
            .hasOlder=${model.conversation.more}
            .isBusy=${model.conversation.phase === 'opening' || model.conversation.loadingOlder}
            .empty=${emptyState(model)}
            @c2l-older=${(): void => {
              controller.loadOlder();
            }}
          ></c2l-transcript>
          <div class="dock">${notices(model, controller, !rail && this.#sheet?.open !== true)} ${composer(this, model, controller)}</div>
        </main>
      </div>
      ${this.isWide ? nothing : chatSheet(this.#list(model, controller), this.closeSheet, this.#sheetClosed)}
      ${chatDialogs(model, controller)}
      <div class="visually-hidden" role="status">${this.announcement?.kind === 'status' ? this.announcement.text : ''}</div>
      <div class="visually-hidden" role="alert">${this.announcement?.kind === 'alert' ? this.announcement.text : ''}</div>`;
  }

  #list(model: ChatModel, controller: ChatController): TemplateResult {
    return chatList(model, controller, this.belowChats, (conversationId) => {
      this.#sheet?.close();
      controller.open(conversationId);
      this.focusInput();
    });
  }

  /** What the list said of a deletion is said above the composer then. */
  readonly #sheetClosed = (): void => {
    this.requestUpdate();
  };

  readonly closeSheet = (): void => {
    this.#sheet?.close();
  };

  imageData(imageId: string): string | undefined {
    return this.controller?.images.data(imageId);
  }

  focusNext(target: FocusTarget): void {
    this.#focus.want(target);
  }

  #begin(isTemporary: boolean): void {
    this.#sheet?.close();
    if (this.model && (!isTemporary || offersTemporary(this.model))) this.controller?.newChat(isTemporary);
    this.focusInput();
  }

  /** A search would go over the whole chat, and it is asked for with each picture. */
  get #sheet(): HTMLDialogElement | undefined {
    return [...this.children].find((child) => child instanceof HTMLDialogElement);
  }

  #follow(): void {
    const { controller } = this;
    if (controller === this.#followed) return;
    this.#unfollow();
    this.#followed = controller;
    this.model = controller?.model;
    if (!controller) return;
    const progress = new AnswerProgress({
      clock: controller.clock,
      current: () => controller.model,
      tick: () => {
        frames.request(this.#paint);
      },
      say: (announcement) => {
        this.announcement = announcement;
      },
    });
    this.#owned.add(progress).check();
    this.#owned.add(
      controller.onDidChange(() => {
        this.#watch?.check();
        progress.check();
        frames.request(this.#paint);
      }),
    );
    this.#owned.add(
      controller.images.onDidChange(() => {
        for (const image of this.querySelectorAll('c2l-image')) image.requestUpdate();
      }),
    );
    this.#owned.add(
      toDisposable(() => {
        frames.cancel(this.#paint);
      }),
    );
    this.toggleAttribute('editor-actions', controller.capabilities.editorActions);
    if (!controller.capabilities.showsConnection) return;
    const show = (line: ConnectionLine | undefined): void => {
      if (line?.key !== this.line?.key) this.announcement = { kind: 'status', text: connectionSpoken(controller.model) };
      this.line = line;
    };
    this.#watch = this.#owned.add(new ConnectionWatch(controller.clock, () => controller.model, show));
    this.#watch.check();
  }

  #unfollow(): void {
    this.#followed = undefined;
    this.#watch = undefined;
    this.line = undefined;
    this.#owned.clear();
  }

  /** What is typed comes back to its field at once, not with the next frame: a key pressed in between must find it as it is. */
  redraw(): void {
    const { controller, model } = this;
    if (!controller || !model || !this.isConnected) return;
    const next = controller.model;
    this.announcement = (next === model ? undefined : announce(model, next)) ?? this.announcement;
    this.model = next;
    this.requestUpdate();
  }

  /** Stops only from within the chat; the status region says so. */
  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented || this.#sheet?.open === true) return;
    if (this.model && isGenerating(this.model)) this.controller?.stop();
  }

  readonly #pairAgain = (): void => {
    this.dispatchEvent(new CustomEvent('c2l-pair-again', { bubbles: true }));
  };

  async copy(text: string, button?: HTMLButtonElement): Promise<void> {
    const isCopied = (await copyText(text)) || askHostToCopy(this, text);
    this.announcement = isCopied
      ? { kind: 'status', text: say('Copied') }
      : { kind: 'alert', text: say('The browser did not allow copying.') };
    if (button && this.#followed) this.#owned.add(showCopied(button, isCopied, this.#followed.clock));
  }
}

customElements.define('c2l-chat', ChatElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-chat': ChatElement;
  }
}
