import { MAX_HTTP_RUNS_PER_CLIENT, MAX_REMOTE_CONTEXT_LENGTH } from './limits.ts';

/** What the machine's owner lets clients from elsewhere do, beside the scope that each was given. Whoever needs one reads it then. */
export interface RemoteRules {
  /** Answers that one browser or editor may have written at once; one more is refused. API keys have a bound of their own. */
  readonly maxGenerations: number;
  /** Tokens of context that a client may ask for; more is brought down to it. */
  readonly maxContextLength: number;
  /** May those with the scope `models` pull and unload models? Without it they are as those with `chat`. */
  readonly modelManagement: boolean;
  /** May clients see and ask models that run on Ollama's own servers? What they say then leaves the machine, with the owner's account. */
  readonly cloudModels: boolean;
  /** A browser or editor that has not been here for so many days must pair again; 0 is never. */
  readonly idleExpiryDays: number;
  /** Do records leave in steps of time, so that the relay cannot tell the rhythm of an answer? */
  readonly privatePacing: boolean;
}

/** Where nobody has set anything: the scope given when it was paired decides alone what a client may do with models. */
export const rulesWithoutSettings: RemoteRules = {
  maxGenerations: MAX_HTTP_RUNS_PER_CLIENT,
  maxContextLength: MAX_REMOTE_CONTEXT_LENGTH,
  modelManagement: true,
  cloudModels: false,
  idleExpiryDays: 30,
  privatePacing: false,
};
