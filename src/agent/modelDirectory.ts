import type { Clock } from '../base/clock.ts';
import type { ModelClient } from '../conversation/ports.ts';
import { mayUseModel } from '../policy/chatPolicy.ts';

/** How long a list counts: within it the owner may have put a cloud-backed model under an old name. */
const FRESH_MS = 30_000;
/** A name that the list lacks is looked up anew, but not more often than this: the owner may just have pulled it. */
const MISSING_FRESH_MS = 1_000;

/** What a name means to a remote client. */
export type ModelStanding = 'local' | 'cloud' | 'missing';

/** Which models remote clients may name, as of a moment ago, so that a request seldom waits for a list. */
export class ModelDirectory {
  readonly #models: ModelClient;
  readonly #clock: Clock;
  #standings: ReadonlyMap<string, ModelStanding> = new Map();
  /** Monotonic, ms. */
  #listedAt = -Infinity;
  #listing: Promise<void> | undefined;

  constructor(models: ModelClient, clock: Clock) {
    this.#models = models;
    this.#clock = clock;
  }

  get isFresh(): boolean {
    return this.#age < FRESH_MS;
  }

  /** The standing of a model, or undefined when the list is too old to say: then {@link refresh} it. */
  standingOf(name: string): ModelStanding | undefined {
    const standing = this.#standings.get(canonicalName(name));
    if (standing === undefined) return this.#age < MISSING_FRESH_MS ? 'missing' : undefined;
    return this.isFresh ? standing : undefined;
  }

  /** Asks Ollama anew; whoever asks meanwhile waits for the same answer. @throws TunnelError */
  refresh(): Promise<void> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  get #age(): number {
    return this.#clock.monotonic() - this.#listedAt;
  }

  async #list(): Promise<void> {
    const models = await this.#models.listModels();
    this.#standings = new Map(
      models.map((model) => [canonicalName(model.name), mayUseModel({ scope: 'api' }, model) ? ('local' as const) : ('cloud' as const)]),
    );
    this.#listedAt = this.#clock.monotonic();
  }
}

/** One spelling for each model: Ollama adds its registry, `library` and `latest` where they are left out (`types/model/name.go`). */
function canonicalName(name: string): string {
  const short = name
    .toLowerCase()
    .replace(/^registry\.ollama\.ai\//, '')
    .replace(/^library\//, '');
  return /:[^/]*$/.test(short) ? short : `${short}:latest`;
}
