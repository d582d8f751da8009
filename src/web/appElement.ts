import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { systemClock, type Clock } from '../base/clock.ts';
import { DisposableStore, toDisposable } from '../base/disposable.ts';
import { systemRandom, type Random } from '../base/random.ts';
import type { ChatPort } from '../protocol/chatPort.ts';
import { ChatController } from '../ui/chatController.ts';
import type { ChatModel } from '../ui/chatModel.ts';
import '../ui/components/chatElement.ts';
import { LightElement } from '../ui/components/lightElement.ts';
import { readViewState, type ViewStorage } from '../ui/viewStorage.ts';
import './computersElement.ts';
import type { Computer } from './computersElement.ts';
import './pairingElement.ts';
import type { PairingState } from './pairingState.ts';
import { isChatAtWork, isPairingAtWork, losesDrafts } from './reloading.ts';
import { formatRoute, parseRoute, type Route } from './route.ts';
import { TabStorage } from './tabStorage.ts';
import { languageComing } from './pageLanguage.ts';
import type { PageAtStake } from './versionLine.ts';
import { html } from '../ui/speech.ts';

/**
 * The page. With a {@link port} it is the chat, else the way to one. The port belongs to whoever set it: setting another or none ends the
 * chat over it but not the port. A pairing fragment must have been taken out of the address before this element is connected. Fires
 * `c2l-started` when a chat is open, and what its children fire.
 */
export class AppElement extends LightElement {
  static override readonly properties: PropertyDeclarations = {
    port: { attribute: false },
    pairing: { attribute: false },
    computers: { attribute: false },
    isUpdateReady: { attribute: false },
    canInstall: { attribute: false },
  };

  declare port: ChatPort | undefined;
  /** Drawn while there is no port; its events are `c2l-pairing`'s. */
  declare pairing: PairingState;
  /** All that this browser is paired with; see {@link ComputersElement} for what is fired of them. */
  declare computers: readonly Computer[];
  /** A newer build of the page has been fetched. */
  declare isUpdateReady: boolean;
  /** The browser would install the page. */
  declare canInstall: boolean;
  /** Set before `port`. One per device. */
  storage: ViewStorage = new TabStorage('c2l.view');
  clock: Clock = systemClock;
  random: Random = systemRandom;
  /** Set before `port`: what the computer is called. */
  deviceName: string | undefined;
  #controller: ChatController | undefined;
  readonly #owned = new DisposableStore();
  #shown: Route = { kind: 'home' };

  constructor() {
    super();
    this.port = undefined;
    this.pairing = { kind: 'unpaired' };
    this.computers = [];
    this.isUpdateReady = false;
    this.canInstall = false;
  }

  /** The chat that is open, while there is a port. */
  get controller(): ChatController | undefined {
    return this.#controller;
  }

  /** Nothing is drawn in one language and then in another. */
  protected override scheduleUpdate(): ReturnType<LightElement['scheduleUpdate']> {
    return languageComing ? languageComing.then(() => super.scheduleUpdate()) : super.scheduleUpdate();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('port')) return;
    this.#owned.clear();
    this.#controller = this.port && this.#start(this.port);
  }

  protected override render(): TemplateResult {
    const content = this.#controller
      ? html`<c2l-chat .controller=${this.#controller} .belowChats=${this.#computersButton()}></c2l-chat
          ><c2l-computers .computers=${this.computers} .canInstall=${this.canInstall}></c2l-computers>`
      : html`<c2l-pairing .state=${this.pairing}></c2l-pairing>`;
    const version = this.isUpdateReady
      ? html`<c2l-version-line
          .isReady=${true}
          .controller=${this.#controller}
          .pairing=${this.pairing}
          .page=${this.#atStake}
        ></c2l-version-line>`
      : nothing;
    return html`${version}${content}`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('port') && this.#controller) this.dispatchEvent(new CustomEvent('c2l-started'));
  }

  readonly #atStake: PageAtStake = {
    isAtWork: () => (this.#controller ? isChatAtWork(this.#controller.model) : isPairingAtWork(this.pairing)),
    losesDrafts: () =>
      this.#controller
        ? losesDrafts(this.#controller.model, readViewState(this.storage.load()))
        : (this.querySelector<HTMLInputElement>('c2l-pairing input')?.value ?? '') !== '',
  };

  #computersButton(): TemplateResult {
    return html`<button
      type="button"
      class="computers-button"
      aria-haspopup="dialog"
      @click=${(): void => {
        this.querySelector('c2l-chat')?.closeSheet();
        void this.querySelector('c2l-computers')?.open();
      }}
    >
      Computers…
    </button>`;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#owned.clear();
    this.#controller = undefined;
  }

  #start(port: ChatPort): ChatController {
    const { clock, random, deviceName } = this;
    const storage = this.#storageFor(parseRoute(location.hash));
    const controller = new ChatController({ port, clock, random, storage, deviceName });
    this.#owned.add(controller);
    this.#shown = parseRoute(location.hash);
    this.#owned.add(
      controller.onDidChange((model) => {
        this.#showRoute(model);
      }),
    );
    this.#listen('popstate', () => {
      this.#follow(controller, parseRoute(location.hash));
    });
    this.#listen('pagehide', () => {
      controller.keep();
    });
    for (const type of ['online', 'offline']) {
      this.#listen(type, () => {
        controller.setOnline(navigator.onLine);
      });
    }
    controller.setOnline(navigator.onLine);
    controller.start();
    return controller;
  }

  /** What the address names wins over what the tab remembers. */
  #storageFor(route: Route): ViewStorage {
    const { storage } = this;
    return {
      load: () => {
        const kept = readViewState(storage.load());
        return route.kind === 'chat' ? { ...kept, conversationId: route.conversationId } : kept;
      },
      save: (state) => {
        storage.save(state);
      },
    };
  }

  #showRoute({ conversation, hub }: ChatModel): void {
    const isEmpty = conversation.messages.length === 0;
    const route: Route = isEmpty && conversation.title === '' ? { kind: 'home' } : { kind: 'chat', conversationId: conversation.id };
    const device = hub === undefined ? '' : ` · ${hub.deviceName}`;
    const title = `${conversation.title === '' ? 'CloudToLocalLLM' : conversation.title}${device}`;
    // Setting it makes a text anew, and every piece of an answer comes by here.
    if (title !== document.title) document.title = title;
    // While it is still opening nobody knows whether it is empty.
    if (conversation.phase === 'opening' || formatRoute(route) === formatRoute(this.#shown)) return;
    this.#shown = route;
    history.pushState(null, '', formatRoute(route));
  }

  #follow(controller: ChatController, route: Route): void {
    this.#shown = route;
    if (route.kind === 'chat') controller.open(route.conversationId);
    else controller.newChat();
  }

  #listen(type: string, listener: () => void): void {
    window.addEventListener(type, listener);
    this.#owned.add(
      toDisposable(() => {
        window.removeEventListener(type, listener);
      }),
    );
  }
}

customElements.define('c2l-app', AppElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-app': AppElement;
  }
}
