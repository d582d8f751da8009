import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ModelPull } from '../protocol/chatModels.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_PULLS, MAX_PULLS_LISTED, PULL_REPORT_MS } from '../protocol/limits.ts';
import type { ModelClient, PullProgress } from './ports.ts';

/** Where the names of downloads under way are kept over the end of a process. */
export interface PullNotes {
  /** Those noted last. Never throws: what cannot be read is none. */
  read(): readonly string[];
  /** In the place of those before. Never throws: what is not noted is not gone on with. */
  write(names: readonly string[]): void;
}

export interface PullsOptions {
  readonly clock: Clock;
  readonly models: ModelClient;
  /** {@link Pulls.all} has changed: at once when one begins or ends, else at most every PULL_REPORT_MS. */
  readonly onDidChange: () => void;
  /** A model is there. */
  readonly onPulled: () => void;
  /** Without it a download ends with the process. */
  readonly notes?: PullNotes | undefined;
}

interface Pull {
  shown: ModelPull;
  /** Undefined once it has ended. */
  flow: Disposable | undefined;
}

/** Downloads of models. They belong to the device: views come and go. */
export class Pulls implements Disposable {
  readonly #options: PullsOptions;
  /** By name, oldest first. */
  readonly #pulls = new Map<string, Pull>();
  /** Of an earlier run, while they wait for Ollama. */
  #waiting: readonly string[];
  #report: Disposable | undefined;

  constructor(options: PullsOptions) {
    this.#options = options;
    this.#waiting = (options.notes?.read() ?? []).slice(0, MAX_PULLS);
  }

  /** Those that run, and the last that have ended; oldest first. */
  get all(): readonly ModelPull[] {
    return [...this.#pulls.values()].map(({ shown }) => shown);
  }

  get running(): number {
    return [...this.#pulls.values()].filter(({ flow }) => flow).length;
  }

  /** Ollama can be asked: goes on with what an earlier run of the device did not end. */
  resume(): void {
    const names = this.#waiting;
    this.#waiting = [];
    for (const name of names) this.start(name);
  }

  /** Begins a download, or joins the one that runs. @returns why not */
  start(name: string): ErrorCode | undefined {
    if (this.#pulls.get(name)?.flow) return undefined;
    if (this.running >= MAX_PULLS) return 'tooManyStreams';
    this.#pulls.delete(name);
    this.#makeRoom();
    const pull: Pull = { shown: { name, state: 'running', step: 'manifest' }, flow: undefined };
    this.#pulls.set(name, pull);
    pull.flow = this.#options.models.pull(name, {
      onProgress: (progress) => {
        this.#progress(pull, progress);
      },
      onDone: () => {
        this.#end(pull, { state: 'done' });
        this.#options.onPulled();
      },
      onError: (error) => {
        const { code, detail } = TunnelError.from(error);
        this.#end(pull, { state: 'failed', error: code, ...(detail === undefined ? {} : { errorDetail: detail }) });
      },
    });
    this.#note();
    this.#changed();
    return undefined;
  }

  /** Ends a download that runs; takes one that has ended off the list. */
  cancel(name: string): void {
    const pull = this.#pulls.get(name);
    if (pull?.flow) this.#end(pull, { state: 'cancelled' });
    else if (this.#pulls.delete(name)) this.#changed();
  }

  dispose(): void {
    for (const pull of this.#pulls.values()) {
      pull.flow?.dispose();
      pull.flow = undefined;
    }
    this.#report?.dispose();
  }

  #progress(pull: Pull, { step, completed, total }: PullProgress): void {
    if (!pull.flow) return;
    pull.shown = { ...pull.shown, step, ...(total === 0 ? {} : { completed, total }) };
    this.#report ??= this.#options.clock.after(PULL_REPORT_MS, () => {
      this.#changed();
    });
  }

  #end(pull: Pull, how: Partial<ModelPull>): void {
    if (!pull.flow) return;
    pull.flow.dispose();
    pull.flow = undefined;
    pull.shown = { ...pull.shown, ...how };
    this.#note();
    this.#changed();
  }

  /** One that ends with the process stays noted. */
  #note(): void {
    const running = this.all.filter(({ state }) => state === 'running').map(({ name }) => name);
    this.#options.notes?.write([...new Set([...running, ...this.#waiting])]);
  }

  #changed(): void {
    this.#report?.dispose();
    this.#report = undefined;
    this.#options.onDidChange();
  }

  /** The oldest that has ended goes. */
  #makeRoom(): void {
    for (const [name, { flow }] of this.#pulls) {
      if (this.#pulls.size < MAX_PULLS_LISTED) return;
      if (!flow) this.#pulls.delete(name);
    }
  }
}
