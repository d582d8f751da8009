import * as v from 'valibot';
import type { OllamaState } from '../protocol/status.ts';
import type { ConnectionFailure } from './errors.ts';

/** What came of one GET. */
export type ProbeAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  | { readonly kind: 'failure'; readonly failure: ConnectionFailure };

/** What was found out at one address. */
export interface ProbeFacts {
  readonly scheme: 'http' | 'https';
  readonly isLoopback: boolean;
  /** Is there an `ollama` on this machine? Only asked when a loopback address refuses. */
  readonly hasBinary: boolean;
  /** GET / */
  readonly root: ProbeAnswer;
  /** GET /api/version, once the root was Ollama's. */
  readonly version?: ProbeAnswer;
  /** GET /api/tags, once there was a version. */
  readonly tags?: ProbeAnswer;
}

export interface ProbeVerdict {
  readonly state: Exclude<OllamaState, 'unknown'>;
  readonly version?: string;
  readonly standIn?: boolean;
}

/** Exactly what Ollama answers at its root. */
export const OLLAMA_GREETING = 'Ollama is running';

const versionBody = v.object({ version: v.pipe(v.string(), v.maxLength(100)) });
const tagsBody = v.object({ models: v.nullable(v.array(v.unknown())) });

/** Tells the cases apart. */
export function classifyProbe(facts: ProbeFacts): ProbeVerdict {
  const { root } = facts;
  if (root.kind === 'failure') return { state: stateOfFailure(root.failure, facts) };
  if (root.status === 403 && root.body === '') return { state: 'blocked' };
  if (root.status !== 200 || root.body !== OLLAMA_GREETING) return { state: 'foreign' };
  const version = facts.version && readVersion(facts.version);
  if (version === undefined) return { state: 'foreign' };
  const state = facts.tags && hasNoModels(facts.tags) ? 'noModels' : 'ok';
  return version.includes('-standin') ? { state, version, standIn: true } : { state, version };
}

/** The version in an answer of `/api/version`. */
export function readVersion(answer: ProbeAnswer): string | undefined {
  const body = answer.kind === 'answer' && answer.status === 200 ? v.safeParse(versionBody, parse(answer.body)) : undefined;
  return body?.success ? body.output.version : undefined;
}

function hasNoModels(answer: ProbeAnswer): boolean {
  const body = answer.kind === 'answer' && answer.status === 200 ? v.safeParse(tagsBody, parse(answer.body)) : undefined;
  return body?.success === true && (body.output.models ?? []).length === 0;
}

function stateOfFailure(failure: ConnectionFailure, facts: ProbeFacts): ProbeVerdict['state'] {
  switch (failure) {
    case 'refused':
      if (!facts.isLoopback) return 'wrongHost';
      return facts.hasBinary ? 'notRunning' : 'notInstalled';
    case 'unreachable':
      return 'wrongHost';
    case 'timeout':
      // on this machine somebody took the connection and says nothing
      return facts.isLoopback ? 'foreign' : 'wrongHost';
    case 'reset':
    case 'protocol':
      // TLS toward a port that speaks none: the address is wrong, not the program
      return facts.scheme === 'https' ? 'wrongHost' : 'foreign';
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
