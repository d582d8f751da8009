import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { assertNever } from '../base/assertNever.ts';
import { MAX_CLIENT_NAME_BYTES } from '../protocol/limits.ts';
import { markIcon } from '../ui/components/icons.ts';
import { LightElement } from '../ui/components/lightElement.ts';
import './countdownElement.ts';
import { isIosTab } from './installOffer.ts';
import { failureWords, mayTryAgain, type PairingState } from './pairingState.ts';
import { html, say, wordsOf } from '../ui/speech.ts';

/**
 * The way to a computer. Draws {@link PairingState} and fires, bubbling: `c2l-paste-link` (detail: a link or a code, as it was entered), `c2l-pair` (detail: the
 * name to be known by), `c2l-pair-retry` (the same link again), `c2l-pair-cancel`.
 */
export class PairingElement extends LightElement {
  static override readonly properties: PropertyDeclarations = { state: { attribute: false }, isScanning: { state: true } };

  declare state: PairingState;
  declare isScanning: boolean;

  constructor() {
    super();
    this.state = { kind: 'unpaired' };
    this.isScanning = false;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('state')) this.isScanning = false;
  }

  protected override render(): TemplateResult {
    return html`<main class="pairing">
      <div class="pairing-card">${markIcon}${this.#content()}</div>
    </main>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('state') as PairingState | undefined;
    const isOther = before !== undefined && before.kind !== this.state.kind;
    if (!isOther && changed.get('isScanning') === undefined) return;
    // Another screen: whoever listens hears its heading, whoever types is in its field.
    this.querySelector<HTMLElement>('input, h1')?.focus();
  }

  #content(): TemplateResult {
    const { state } = this;
    switch (state.kind) {
      case 'unpaired':
        return this.isScanning ? this.#scanning() : this.#unpaired(state);
      case 'confirm':
        return this.#confirm(state);
      case 'connecting':
        return html`<h1 tabindex="-1">Looking for the computer…</h1>
          ${this.#cancelButton()}`;
      case 'waiting':
        return this.#waiting(state);
      case 'failed':
        return this.#failed(state);
      case 'insecure':
        return insecure();
      default:
        return assertNever(state);
    }
  }

  #unpaired({ error, backTo }: Extract<PairingState, { kind: 'unpaired' }>): TemplateResult {
    return html`<h1 tabindex="-1">Chat with your own models</h1>
      <p>This page reaches the Ollama on your computer. What you write is encrypted from here to there.</p>
      <form @submit=${this.#pasted}>
        <label for="c2l-link">Pairing link or code</label>
        <input
          id="c2l-link"
          name="link"
          type="text"
          required
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          aria-invalid=${error === undefined ? nothing : 'true'}
          aria-describedby="c2l-link-hint"
        />
        ${error === undefined ? nothing : html`<p class="wrong" role="alert">${wordsOf(error)}</p>`}
        <p class="hint" id="c2l-link-hint">
          At the computer, in the editor: <b>CloudToLocalLLM: Pair a Browser</b>. The extension is called CloudToLocalLLM.
        </p>
        <div class="actions">
          <button type="submit" class="primary">Go on</button>
          ${hasCamera() ? html`<button type="button" class="secondary" @click=${this.#scan}>Scan the QR code</button>` : nothing}
          ${backTo === undefined ? nothing : this.#cancelButton(say('Back to {0}', backTo))}
        </div>
      </form>
      ${homeScreenFirst()}${whoCanRead()}`;
  }

  #scanning(): TemplateResult {
    return html`<h1 tabindex="-1">Show me the QR code</h1>
      <c2l-scanner></c2l-scanner>
      <div class="actions">
        <button
          type="button"
          class="secondary"
          @click=${(): void => {
            this.isScanning = false;
          }}
        >
          Stop the camera
        </button>
      </div>`;
  }

  #confirm({ name, isForgotten }: Extract<PairingState, { kind: 'confirm' }>): TemplateResult {
    return html`<h1 tabindex="-1">Pair this browser</h1>
      <p>The computer will know it by this name.</p>
      ${
        isForgotten === true
          ? html`<p class="doubt">
              This browser keeps nothing here, as in a private window: when the page is closed it forgets the computer and what is not sent
              yet. Chats stay on the computer.
            </p>`
          : nothing
      }
      <form @submit=${this.#named}>
        <label for="c2l-name">Name</label>
        <input id="c2l-name" name="name" type="text" required maxlength=${MAX_CLIENT_NAME_BYTES} autocomplete="off" .value=${name} />
        <div class="actions">
          <button type="submit" class="primary">Pair</button>
          ${this.#cancelButton()}
        </div>
      </form>
      ${homeScreenFirst()}`;
  }

  #waiting({ name, deviceName, words, expiresAt }: Extract<PairingState, { kind: 'waiting' }>): TemplateResult {
    return html`<h1 tabindex="-1">Look at ${deviceName ?? say('the computer')}: allow ${name}?</h1>
      <p>Press <b>Allow</b> there if it shows the same six words.</p>
      <ol class="six-words" aria-label="Six words">
        ${words.map((word) => html`<li>${word}</li>`)}
      </ol>
      <p class="hint"><span role="status">Waiting for the answer…</span> <c2l-countdown .until=${expiresAt}></c2l-countdown></p>
      ${this.#cancelButton()}`;
  }

  #failed({ error }: Extract<PairingState, { kind: 'failed' }>): TemplateResult {
    const { title, text } = failureWords(error);
    return html`<h1 tabindex="-1">${title}</h1>
      <p>${text}</p>
      <div class="actions">
        ${
          mayTryAgain(error)
            ? html`<button
                type="button"
                class="primary"
                @click=${(): void => {
                  this.#fire('c2l-pair-retry');
                }}
              >
                Try again
              </button>`
            : nothing
        }
        <button
          type="button"
          class=${mayTryAgain(error) ? 'secondary' : 'primary'}
          @click=${(): void => {
            this.#fire('c2l-pair-cancel');
          }}
        >
          Paste another link
        </button>
      </div>`;
  }

  #cancelButton(word = say('Cancel')): TemplateResult {
    return html`<button
      type="button"
      class="secondary"
      @click=${(): void => {
        this.#fire('c2l-pair-cancel');
      }}
    >
      ${word}
    </button>`;
  }

  /** The reader comes with the camera: few need it twice. */
  #scan(): void {
    void import('./scannerElement.ts').then(() => {
      if (this.state.kind === 'unpaired') this.isScanning = true;
    });
  }

  #pasted(event: SubmitEvent): void {
    event.preventDefault();
    this.#fire('c2l-paste-link', fieldOf(event, 'link'));
  }

  #named(event: SubmitEvent): void {
    event.preventDefault();
    const name = fieldOf(event, 'name');
    if (name !== '') this.#fire('c2l-pair', name);
  }

  #fire(type: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}

/** On an iPhone the page on the home screen shares nothing with the browser, its pairings least of all. */
function homeScreenFirst(): TemplateResult | typeof nothing {
  if (!isIosTab(navigator)) return nothing;
  return html`<p class="hint">
    To have this as an app: <b>Share</b>, then <b>Add to Home Screen</b> first, and pair there. What is paired here is not paired there.
  </p>`;
}

/** The honest limit of a page that is served: docs/SECURITY.md. */
function whoCanRead(): TemplateResult {
  return html`<details class="who-can-read">
    <summary>Who can read this?</summary>
    <p>You, and the computer you pair with. What you write is encrypted in this browser and opened there.</p>
    <p>
      The relay at ${location.host} carries it and cannot read it. It sees when you are connected, to which computer, and how much is sent.
    </p>
    <p>This page itself comes from that relay: whoever runs it could serve a page that reads along. Trust its owner, or run your own.</p>
  </details>`;
}

function insecure(): TemplateResult {
  return html`<h1 tabindex="-1">This address is not secure</h1>
    <p>Browsers give a page the keys for its encryption over https only, or on the very computer that serves it. Any of these will do:</p>
    <ul class="recipes">
      <li>Use the relay’s <b>https</b> address, if it has one.</li>
      <li>On the relay’s own computer, open <b>http://localhost:${location.port === '' ? '80' : location.port}</b>.</li>
      <li>Put the relay behind https: with Caddy, <code>caddy reverse-proxy --from chat.example.com --to :${location.port}</code>.</li>
    </ul>`;
}

/** Phones have one; whether it may be used is asked when it is. */
function hasCamera(): boolean {
  return 'mediaDevices' in navigator;
}

function fieldOf(event: SubmitEvent, name: string): string {
  const value = event.currentTarget instanceof HTMLFormElement ? new FormData(event.currentTarget).get(name) : null;
  return typeof value === 'string' ? value.trim() : '';
}

customElements.define('c2l-pairing', PairingElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-pairing': PairingElement;
  }
}
