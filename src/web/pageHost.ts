import { systemClock } from '../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { nullLogger } from '../base/log.ts';
import type { ChatPort } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import { PAIRING_QUESTION_LIFETIME_MS } from '../protocol/limits.ts';
import { formatPairingLink, parsePairing, type PairingCode } from '../secure/pairingLink.ts';
import { TunnelChatPort } from '../tunnel/tunnelChatPort.ts';
import { followPage, ownSurroundings } from '../tunnel/web/pageLife.ts';
import type { AppElement } from './appElement.ts';
import { browserName } from './browserName.ts';
import type { DeviceShelf, PairedDevice } from './deviceShelf.ts';
import { openTunnel, pairHere, subtleCrypto } from './pairHere.ts';
import { lastSeen, lastShown } from './browserNotes.ts';
import { Presence } from './presence.ts';
import { formatRoute } from './route.ts';
import { TabStorage } from './tabStorage.ts';

/** Shown by this page until it is closed: a pairing attempt, or the tunnel to a device. */
export class PageHost implements Disposable {
  readonly #app: AppElement;
  readonly #shelf: DeviceShelf | undefined;
  readonly #owned = new DisposableStore();
  readonly #tunnel = this.#owned.add(new DisposableStore());
  /** The link that is being tried, for *Try again*. */
  #attempt: { readonly link: PairingCode; readonly name: string; readonly abort: AbortController } | undefined;
  #offered: PairingCode | undefined;
  /** The device whose chat was open last; a pairing that is given up leads back to it. */
  #device: PairedDevice | undefined;
  /** All that this browser is paired with, the one included that it cannot keep. */
  #devices: readonly PairedDevice[] = [];
  /** While somebody looks at the list of computers. */
  #presence: Presence | undefined;

  constructor(app: AppElement, shelf: DeviceShelf | undefined) {
    this.#app = app;
    this.#shelf = shelf;
    this.#on('c2l-paste-link', (text) => {
      this.#paste(text);
    });
    this.#on('c2l-pair', (name) => {
      if (this.#offered) void this.#pair(this.#offered, name);
    });
    this.#on('c2l-pair-retry', () => {
      if (this.#attempt) void this.#pair(this.#attempt.link, this.#attempt.name);
    });
    this.#on('c2l-pair-cancel', () => {
      this.#cancel();
      if (this.#device) this.open(this.#device);
    });
    this.#on('c2l-pair-again', () => {
      this.#devices = this.#devices.filter((device) => device !== this.#device);
      [this.#device] = this.#devices; // the way back leads to another one, if there is one
      this.#leaveChat();
    });
    this.#on('c2l-pair-another', () => {
      this.#leaveChat();
    });
    this.#on('c2l-computers', (what) => {
      if (what === 'open') this.#watchComputers();
      else this.#endPresence();
    });
    this.#on('c2l-computer-show', (id) => {
      const device = this.#devices.find((known) => known.id === id);
      if (!device) return;
      history.replaceState(null, '', formatRoute({ kind: 'home' })); // a chat's address means nothing on another computer
      this.open(device);
    });
    this.#on('c2l-computer-forget', (id) => {
      void this.#forget(id);
    });
  }

  /** Begins with the device that was shown last. @param devices all that are kept @param isOffered a link comes first: the device is the way back */
  start(devices: readonly PairedDevice[], isOffered: boolean): void {
    this.#devices = devices;
    const last = lastShown.get();
    const device = devices.find(({ id }) => id === last) ?? devices[0];
    if (!subtleCrypto()) {
      this.#app.pairing = { kind: 'insecure' };
      return;
    }
    if (device && !isOffered) this.open(device);
    else this.#device = device;
  }

  /** Asks for the name by which the computer will know this browser, and then pairs. */
  offer(link: PairingCode): void {
    this.#cancel();
    this.#tunnel.clear();
    this.#app.port = undefined;
    this.#offered = link;
    this.#app.pairing = subtleCrypto()
      ? { kind: 'confirm', name: browserName(navigator.userAgent), ...(this.#shelf ? {} : { isForgotten: true }) }
      : { kind: 'insecure' };
  }

  /** Opens the chat with a device and keeps the tunnel to it. */
  open(device: PairedDevice): void {
    this.#device = device;
    this.#devices = [...this.#devices.filter(({ id }) => id !== device.id), device];
    lastShown.set(device.id);
    this.#showComputers(new Map());
    this.#tunnel.clear();
    const tunnel = this.#tunnel.add(openTunnel(device));
    const port = this.#tunnel.add(new TunnelChatPort(tunnel, nullLogger, lastSeen.get(device.id)));
    this.#tunnel.add(noteLastSeen(device.id, port));
    this.#tunnel.add(
      tunnel.supervisor.onDidChange((state) => {
        // A device that removed us, or never saw us in time, will not know us again; the page shows why until it is closed.
        if (state.kind === 'error' && (state.error === 'revoked' || state.error === 'pairingUnused'))
          this.#shelf?.remove(device.id).catch(() => undefined);
      }),
    );
    this.#tunnel.add(followPage(tunnel, ownSurroundings()));
    this.#app.storage = new TabStorage(`c2l.view.${device.id}`);
    this.#app.deviceName = device.name;
    this.#app.port = port;
    tunnel.supervisor.start();
  }

  dispose(): void {
    this.#endPresence();
    this.#cancel();
    this.#owned.dispose();
  }

  async #pair(link: PairingCode, name: string): Promise<void> {
    const abort = new AbortController();
    this.#attempt = { link, name, abort };
    const ifCurrent = (action: () => void): void => {
      if (this.#attempt?.abort === abort) action();
    };
    this.#app.pairing = { kind: 'connecting' };
    const expiresAt = systemClock.now() + PAIRING_QUESTION_LIFETIME_MS;
    const progress = {
      onWaiting: () => {
        ifCurrent(() => (this.#app.pairing = { kind: 'connecting' }));
      },
      onAsked: (words: readonly string[]) => {
        ifCurrent(() => (this.#app.pairing = { kind: 'waiting', name, words, expiresAt }));
      },
    };
    try {
      const { device } = await pairHere(link, name, this.#shelf, progress, abort.signal);
      ifCurrent(() => {
        this.open(device);
      });
    } catch (error) {
      ifCurrent(() => (this.#app.pairing = { kind: 'failed', error: TunnelError.from(error).code }));
    }
  }

  #paste(text: string): void {
    try {
      const link = parsePairing(text, location.origin);
      // Another relay serves its own page, and only that one may speak to it.
      if (link.deviceKey && link.origin !== location.origin) location.assign(formatPairingLink({ ...link, deviceKey: link.deviceKey }));
      else this.offer(link);
    } catch (error) {
      this.#app.pairing = { kind: 'unpaired', error: TunnelError.from(error).code, ...this.#wayBack };
    }
  }

  #cancel(): void {
    this.#attempt?.abort.abort();
    this.#attempt = undefined;
    this.#offered = undefined;
    this.#app.pairing = { kind: 'unpaired', ...this.#wayBack };
  }

  get #wayBack(): { readonly backTo?: string } {
    return this.#device ? { backTo: this.#device.name } : {};
  }

  /** To the way to a computer; the chat's own tunnel ends. */
  #leaveChat(): void {
    this.#tunnel.clear();
    this.#app.port = undefined;
    this.#cancel();
  }

  /** This browser can reach it no longer. On the computer it stays in the list until it is removed there. */
  async #forget(id: string): Promise<void> {
    await this.#shelf?.remove(id).catch(() => undefined);
    lastSeen.forget(id);
    this.#devices = this.#devices.filter((device) => device.id !== id);
    if (this.#device?.id !== id) {
      this.#watchComputers();
      return;
    }
    this.#device = undefined;
    const [next] = this.#devices;
    if (next) this.open(next);
    else this.#leaveChat();
  }

  #watchComputers(): void {
    this.#endPresence();
    const others = this.#devices.filter(({ id }) => id !== this.#device?.id);
    this.#presence = new Presence(new Map(others.map((device) => [device.id, openTunnel(device)])), (words) => {
      this.#showComputers(words);
    });
  }

  #endPresence(): void {
    this.#presence?.dispose();
    this.#presence = undefined;
  }

  #showComputers(words: ReadonlyMap<string, string>): void {
    const named = [...this.#devices].sort((a, b) => a.name.localeCompare(b.name));
    this.#app.computers = named.map(({ id, name }) => ({ id, name, isShown: id === this.#device?.id, word: words.get(id) ?? '' }));
  }

  #on(type: string, action: (detail: string) => void): void {
    const listener = (event: Event): void => {
      action(event instanceof CustomEvent && typeof event.detail === 'string' ? event.detail : '');
    };
    this.#app.addEventListener(type, listener);
    this.#owned.add(
      toDisposable(() => {
        this.#app.removeEventListener(type, listener);
      }),
    );
  }
}

/** Keeps for the next page when the computer was there last. */
function noteLastSeen(deviceId: string, port: ChatPort): Disposable {
  const note = (): void => {
    const { state, lastSeenAt } = port.status;
    const isUp = state === 'connected' || state === 'streaming';
    const at = isUp ? systemClock.now() : lastSeenAt;
    if (at !== undefined) lastSeen.set(deviceId, at);
  };
  const store = new DisposableStore();
  store.add(port.onDidChangeStatus(note));
  window.addEventListener('pagehide', note);
  store.add(
    toDisposable(() => {
      window.removeEventListener('pagehide', note);
    }),
  );
  return store;
}
