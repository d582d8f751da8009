import type { Clock } from '../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { cacheNameOf, TAKE_OVER, TIDY, WORKER_PATH } from './worker/shell.ts';

/** How often a page that is looked at asks the relay for a newer build, ms. */
const LOOK_EVERY_MS = 60 * 60_000;

export interface ShellUpdatesOptions {
  readonly container: ServiceWorkerContainer;
  readonly clock: Clock;
  /** The page's own build. */
  readonly build: string;
  readonly locks: Pick<LockManager, 'request'> | undefined;
  readonly document: EventTarget & { readonly visibilityState: DocumentVisibilityState };
  readonly reload: () => void;
}

/**
 * Keeps the page's service worker: registers it, notices when a newer build has been fetched beside the one that runs, and takes that when
 * it is told to. A browser that allows none of it costs nothing but the shell without a network.
 */
export class ShellUpdates implements Disposable {
  readonly #options: ShellUpdatesOptions;
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<boolean>());
  #registration: ServiceWorkerRegistration | undefined;
  #isReady = false;
  #lookedAt: number;

  constructor(options: ShellUpdatesOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.monotonic();
  }

  /** Fires when a newer build is there to be taken. */
  readonly onDidChange = this.#changed.event;

  get isReady(): boolean {
    return this.#isReady;
  }

  async start(): Promise<void> {
    const { container, document } = this.#options;
    const hadWorker = container.controller !== null;
    this.#holdBuild();
    try {
      const registration = await container.register(trustedWorkerUrl(), { scope: '/', updateViaCache: 'none' });
      if (this.#owned.isDisposed) return;
      this.#registration = registration;
      this.#listen(registration, 'updatefound', () => {
        this.#follow(registration.installing);
      });
      this.#follow(registration.installing);
      this.#look();
    } catch {
      // Forbidden here, as in some private windows, or the relay is away: the page works without.
      return;
    }
    // Another tab has taken the newer build.
    this.#listen(container, 'controllerchange', () => {
      if (hadWorker) this.#ready();
    });
    this.#listen(document, 'visibilitychange', () => {
      this.#askForNewer();
    });
    container.controller?.postMessage(TIDY);
  }

  /** Loads the newer build. What the page would lose by it must be safe before. */
  take(): void {
    const { container, reload } = this.#options;
    const waiting = this.#registration?.waiting;
    if (!waiting) {
      reload();
      return;
    }
    this.#listen(container, 'controllerchange', reload);
    waiting.postMessage(TAKE_OVER);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** As long as this page is open no worker deletes the files of its build. */
  #holdBuild(): void {
    const { locks, build } = this.#options;
    void locks
      ?.request(
        cacheNameOf(build),
        { mode: 'shared' },
        () =>
          new Promise<void>((resolve) => {
            this.#owned.add(toDisposable(resolve));
          }),
      )
      .catch(() => undefined);
  }

  #follow(worker: ServiceWorker | null): void {
    if (!worker) return;
    this.#listen(worker, 'statechange', () => {
      this.#look();
    });
  }

  /** The very first build waits for nobody. */
  #look(): void {
    if (this.#registration?.waiting && this.#registration.active) this.#ready();
  }

  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#changed.fire(true);
  }

  #askForNewer(): void {
    const { document, clock } = this.#options;
    const now = clock.monotonic();
    if (document.visibilityState !== 'visible' || now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    this.#registration?.update().catch(() => undefined);
  }

  #listen(target: EventTarget, type: string, listener: () => void): void {
    target.addEventListener(type, listener);
    this.#owned.add(
      toDisposable(() => {
        target.removeEventListener(type, listener);
      }),
    );
  }
}

/** A worker's address is one of the places that Trusted Types guard; this policy knows the one worker there is. */
function trustedWorkerUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('c2l', { createScriptURL: () => WORKER_PATH });
  return policy ? policy.createScriptURL(WORKER_PATH) : WORKER_PATH;
}

/** W3C Trusted Types, as far as it is used here: what it makes is passed where a text is asked for. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL(input: string): string };
}
