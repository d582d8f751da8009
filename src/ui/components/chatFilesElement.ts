import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { assertNever } from '../../base/assertNever.ts';
import type { ExportFormat } from '../../protocol/chatFiles.ts';
import { exportName } from '../../protocol/exportName.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { MAX_CHAT_FILE_BYTES } from '../../protocol/limits.ts';
import type { FilesRequest } from '../../protocol/webviewMessages.ts';
import type { ChatController } from '../chatController.ts';
import { fetchChatFile, putChatFile, type TakenIn } from '../../protocol/chatFileLine.ts';
import { downloadFile } from '../downloadFile.ts';
import { fileSize } from '../words.ts';
import { closeIcon } from './icons.ts';
import { LightElement } from './lightElement.ts';
import { noted } from '../../base/say.ts';
import { html, say, wordsOf } from '../speech.ts';

type Chat = NonNullable<FilesRequest['chat']>;
type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'importing' }
  | { readonly kind: 'exporting'; readonly chat: Chat }
  | { readonly kind: 'moving'; readonly words: string; readonly done: number; /** 0 until known. */ readonly total: number }
  | { readonly kind: 'ended'; readonly words: string; readonly isFault: boolean };

const formats: readonly (readonly [ExportFormat, string, string])[] = [
  ['markdown', 'Markdown', noted('To be read: the branch that is shown.')],
  ['json', 'JSON', noted('With all branches and images, to be imported again.')],
];

/** Chats to files of this device and back, as a sheet, where no editor has dialogs for it. */
export class ChatFilesElement extends LightElement {
  static override readonly properties: PropertyDeclarations = { controller: { attribute: false }, state: { state: true } };

  declare controller: ChatController | undefined;
  declare state: State;
  #underWay: AbortController | undefined;

  constructor() {
    super();
    this.controller = undefined;
    this.state = { kind: 'closed' };
    this.addEventListener('keydown', (event) => {
      // Escape closes; it does not stop the answer behind the sheet.
      if (event.key === 'Escape') event.stopPropagation();
    });
  }

  async open({ command, chat }: FilesRequest): Promise<void> {
    if (command === 'importChats') this.state = { kind: 'importing' };
    else if (chat) this.state = { kind: 'exporting', chat };
    else return;
    await this.updateComplete;
    const dialog = this.querySelector('dialog');
    if (dialog?.open === false) dialog.showModal();
    this.querySelector<HTMLElement>('.files-body button')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#closed();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state.kind === 'closed') return nothing;
    return html`<dialog class="sheet end files" aria-label="Chats as files" @close=${this.#closed}>
      <div class="sheet-head">
        <h2>Chats as files</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${this.#close}>${closeIcon}</button>
      </div>
      <div class="files-body">${this.#content(state)}</div>
      <div class="visually-hidden" role="status">${state.kind === 'ended' ? state.words : ''}</div>
    </dialog>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('state') as State | undefined;
    // What had the focus is gone with what was to be chosen.
    if (before && before.kind !== this.state.kind && before.kind !== 'closed')
      this.querySelector<HTMLElement>('.files-body button')?.focus();
  }

  #content(state: Exclude<State, { kind: 'closed' }>): TemplateResult {
    switch (state.kind) {
      case 'exporting':
        return html`<p>Export “${state.chat.title}”</p>
          ${formats.map(
            ([format, name, hint]) =>
              html`<button type="button" class="secondary" @click=${(): unknown => this.#export(state.chat, format)}>${name}</button>
                <p class="hint">${say(hint)}</p>`,
          )}`;
      case 'importing':
        return html`<p>
            Chats that were exported here, from ChatGPT (<code>conversations.json</code>) or from Open WebUI. They come beside those that
            are there.
          </p>
          <button type="button" class="primary" @click=${this.#choose}>Choose a file…</button>
          <input type="file" hidden accept=".json,application/json" @change=${this.#chosen} />`;
      case 'moving': {
        const isUnderWay = state.done < state.total;
        return html`<p>${state.words}</p>
          <progress aria-label=${state.words} max=${state.total} value=${isUnderWay ? state.done : nothing}></progress>
          <p class="hint">${isUnderWay ? say('{0} of {1}', fileSize(state.done), fileSize(state.total)) : nothing}</p>
          <button type="button" class="secondary" @click=${this.#close}>
            ${isUnderWay || state.total === 0 ? say('Cancel') : say('Close')}
          </button>`;
      }
      case 'ended':
        return html`<p class=${state.isFault ? 'fault' : ''}>${state.words}</p>
          <button type="button" class="secondary" @click=${this.#close}>Close</button>`;
      default:
        return assertNever(state);
    }
  }

  async #export(chat: Chat, format: ExportFormat): Promise<void> {
    await this.#move(say('Exporting “{0}”', chat.title), async (controller, options) => {
      const bytes = await fetchChatFile(controller.port, { conversationId: chat.conversationId, format }, options);
      const name = exportName(chat.title, format);
      downloadFile(name, format === 'json' ? 'application/json' : 'text/markdown', bytes, controller.clock);
      return say('The chat is in {0}.', name);
    });
  }

  async #import(file: File): Promise<void> {
    if (file.size > MAX_CHAT_FILE_BYTES) {
      const most = fileSize(MAX_CHAT_FILE_BYTES);
      this.state = {
        kind: 'ended',
        words: say(
          '{0} has {1}; from here {2} can be sent. The editor on the computer imports larger files.',
          file.name,
          fileSize(file.size),
          most,
        ),
        isFault: true,
      };
      return;
    }
    await this.#move(say('Sending {0}', file.name), async (controller, options) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (bytes.length === 0) throw new TunnelError('importFailed');
      const upload = { fileId: controller.images.newId(), bytes, hubEpoch: controller.model.hub?.hubEpoch ?? '' };
      return wordsFor(await putChatFile(controller.port, upload, options));
    });
  }

  /** Carries something and says what came of it, unless the sheet was closed meanwhile. */
  async #move(
    words: string,
    carry: (controller: ChatController, options: Parameters<typeof fetchChatFile>[2]) => Promise<string>,
  ): Promise<void> {
    const { controller } = this;
    if (!controller) return;
    const abort = new AbortController();
    this.#underWay = abort;
    this.state = { kind: 'moving', words, done: 0, total: 0 };
    const onProgress = (done: number, total: number): void => {
      if (!abort.signal.aborted) this.state = { kind: 'moving', words: done < total ? words : say('Nearly there'), done, total };
    };
    let ended: State;
    try {
      ended = { kind: 'ended', words: await carry(controller, { signal: abort.signal, onProgress }), isFault: false };
    } catch (error) {
      ended = { kind: 'ended', words: faultWords(TunnelError.from(error)), isFault: true };
    }
    if (!abort.signal.aborted) this.state = ended;
  }

  readonly #choose = (): void => {
    this.querySelector<HTMLInputElement>('input[type=file]')?.click();
  };

  readonly #chosen = (event: Event): void => {
    const [file] = event.target instanceof HTMLInputElement ? (event.target.files ?? []) : [];
    if (file) void this.#import(file);
  };

  readonly #close = (): void => {
    this.querySelector('dialog')?.close();
  };

  readonly #closed = (): void => {
    this.#underWay?.abort(new TunnelError('closed'));
    this.#underWay = undefined;
    this.state = { kind: 'closed' };
  };
}

function wordsFor(result: TakenIn | 'unknown'): string {
  if (result === 'unknown')
    return say('The program on the computer was started anew in the middle. See which chats are there before you try again.');
  const came = result.added === 1 ? say('1 chat was imported.') : say('{0} chats were imported.', result.added);
  return result.skipped === 0 ? came : `${came} ${say('{0} could not be read and were left out.', result.skipped)}`;
}

function faultWords({ code, detail }: TunnelError): string {
  return code === 'busy'
    ? say('Another file is on its way, or the chat is being written to. Try again in a moment.')
    : wordsOf(code, detail);
}

customElements.define('c2l-chat-files', ChatFilesElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-chat-files': ChatFilesElement;
  }
}
