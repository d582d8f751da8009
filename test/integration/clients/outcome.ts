import type { FakeOllama } from '../../standin/startFakeOllama.ts';
import type { Case } from './cases.ts';
import type { Clients } from './officialClients.ts';

/** What came of a case: what the client's user sees, what went over the wire, and what Ollama was asked. */
export interface Outcome {
  readonly value: unknown;
  readonly error: unknown;
  readonly wire: readonly {
    readonly request: string;
    readonly status: number;
    readonly mediaType: string | undefined;
    readonly body: string;
  }[];
  readonly received: readonly unknown[];
}

/** Two answers to the same question never agree in these. */
const masks: readonly (readonly [why: string, pattern: RegExp])[] = [
  ['times', /\\?"(?:created_at|created|completed_at|expires_at|modified)\\?":(?:\\?"[^"]*"|\d+|null)/g],
  ['durations', /\\?"[a-z_]+_duration\\?":\d+/g],
  ['ids that Ollama counts or draws', /\b(?:chatcmpl|cmpl|resp|msg|rs|fc)[-_]\d+(?:_\d+)?/g],
  ['the id of an error of /v1/messages, by which nobody could look it up', /,\\?"request_id\\?":\\?"[^"]*"/g],
];

function masked<T>(value: T): T {
  let text = JSON.stringify(value);
  for (const [, pattern] of masks) text = text.replace(pattern, (found) => (/^(?:,|.*":)/s.test(found) ? '' : found.replace(/\d+/g, '0')));
  return text as T;
}

export async function outcomeOf({ run }: Case, clients: Clients, ollama: FakeOllama): Promise<Outcome> {
  const before = ollama.requests.length;
  clients.wire.length = 0;
  let value: unknown = null;
  let error: unknown = null;
  try {
    value = await run(clients);
  } catch (reason) {
    error = described(reason);
  }
  const wire = await Promise.all(clients.wire.map(async ({ body, ...rest }) => ({ ...rest, body: await body })));
  // neither what the device asks for itself nor what it refuses
  const isWhole = wire.every(({ status }) => status === 200);
  const isOurs = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
    method === 'POST' && isWhole && wire.some(({ request }) => request === `POST ${path}`);
  const received = ollama.requests.slice(before).flatMap((record) => (isOurs(record) ? [JSON.parse(record.body) as unknown] : []));
  return { value, error, wire, received };
}

function described(error: unknown): object {
  const { name, message, status, status_code, error: body, type } = error as Readonly<Record<string, unknown>>;
  return { name, message, status: status ?? status_code, body, type };
}

/** Without what {@link masks} names. */
export function comparable({ value, error, wire, received }: Outcome): object {
  return {
    value: masked(value),
    error: masked(error),
    wire: wire.map(({ body, ...rest }) => ({ ...rest, body: masked(body) })),
    received,
  };
}
