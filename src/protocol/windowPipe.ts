import * as v from 'valibot';
import { DecodeError } from '../base/bytes.ts';
import { MAX_KEY_DAYS, type AgentControl } from './agentControl.ts';
import { count, errorCode } from './chatMessage.ts';
import { diagnosisHops } from './diagnosis.ts';
import { MAX_CLIENT_NAME_BYTES } from './limits.ts';
import { tunnelConnectionStates } from './status.ts';

/**
 * The pipe of the windows: what the programs of one OS user say to the one among them that leads. Messages are JSON, each behind a u32
 * length. The first is `hello`, whose shape never changes; the answer is `welcome` or `refused`. A line for `chat` then carries the chat
 * contract, a line for `control` what stands below.
 */

const versions = { version: count, oldest: count, product: v.pipe(v.string(), v.maxLength(32)) };
const role = v.picklist(['window', 'agent']);
/** What leads: the window of an editor, or the headless agent. */
export type LeaderRole = v.InferOutput<typeof role>;

/** `release`: a newer window asks an older one to finish and to let it lead; the background agent (`from`) asks any that is not newer. */
const pipeHello = v.object({
  type: v.literal('hello'),
  ...versions,
  purpose: v.picklist(['chat', 'control', 'release']),
  from: v.exactOptional(role),
});
export type PipeHello = v.InferOutput<typeof pipeHello>;

const pipeAnswer = v.variant('type', [
  v.object({ type: v.literal('welcome'), ...versions, role }),
  v.object({ type: v.literal('refused'), ...versions, error: errorCode }),
]);
export type PipeAnswer = v.InferOutput<typeof pipeAnswer>;

/** Who leads and where it listens; a file of the state folder. */
const leaderNote = v.object({
  /** A socket's path, or a named pipe. */
  address: v.pipe(v.string(), v.maxLength(1024)),
  role,
  /** As people know it: an editor and its folder. */
  name: v.pipe(v.string(), v.maxLength(256)),
  pid: count,
});
export type LeaderNote = v.InferOutput<typeof leaderNote>;

const text = v.string();
const scope = v.picklist(['chat', 'models', 'api']);
const kind = v.picklist(['page', 'editor', 'proxy', 'cli']);
const quality = v.picklist(['excellent', 'good', 'fair', 'poor', 'unknown']);
const state = v.picklist(tunnelConnectionStates);

const statusEvent = v.object({ state, endpoint: v.exactOptional(text), error: v.exactOptional(errorCode), timestamp: v.number() });
const ollama = v.object({
  state: v.picklist(['unknown', 'ok', 'notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels']),
  url: v.exactOptional(text),
  version: v.exactOptional(text),
  standIn: v.exactOptional(v.boolean()),
});
const tunnel = v.pipe(
  v.object({
    state,
    endpoint: v.exactOptional(text),
    lastActivity: v.exactOptional(v.number()),
    reconnectAttempts: count,
    latency: v.exactOptional(v.number()),
  }),
  v.transform((read) => ({ latency: undefined, ...read })),
);
const metrics = v.pipe(
  v.object({
    quality,
    roundTrip: v.exactOptional(
      v.object({ lastMs: v.number(), p50Ms: v.number(), p95Ms: v.number(), jitterMs: v.number(), samples: count }),
    ),
    missedPings: count,
    reconnects: count,
    uptimeMs: v.exactOptional(v.number()),
    nextTryAt: v.exactOptional(v.number()),
    bytesSent: count,
    bytesReceived: count,
    streams: count,
    tokensPerSecond: v.exactOptional(v.number()),
  }),
  v.transform((read) => ({ roundTrip: undefined, uptimeMs: undefined, nextTryAt: undefined, tokensPerSecond: undefined, ...read })),
);
const client = v.object({
  id: text,
  name: text,
  kind: v.picklist([...kind.options, 'key']),
  scope,
  isGuest: v.exactOptional(v.literal(true)),
  pairedAt: v.number(),
  lastSeenAt: v.exactOptional(v.number()),
  expiresAt: v.exactOptional(v.number()),
  online: v.boolean(),
  rttMs: v.exactOptional(v.number()),
});
const relay = v.object({ origin: text, invite: v.exactOptional(text), isKnown: v.exactOptional(v.boolean()) });

const agentFacts = v.object({
  deviceId: text,
  deviceName: text,
  event: statusEvent,
  tunnel,
  metrics,
  ollama,
  runningStreams: count,
  relay: v.exactOptional(relay),
  clients: v.array(client),
  isRemotePaused: v.boolean(),
});
const agentFactsRead = v.pipe(
  agentFacts,
  v.transform((read) => ({ relay: undefined, ...read })),
);

const hopResult = v.intersect([
  v.object({ hop: v.picklist(diagnosisHops) }),
  v.variant('outcome', [
    v.object({ outcome: v.literal('passed'), ms: v.number(), note: v.exactOptional(text) }),
    v.object({ outcome: v.literal('failed'), ms: v.number(), error: errorCode, detail: v.exactOptional(text) }),
    v.object({ outcome: v.literal('skipped'), why: v.picklist(['afterFailure', 'notSetUp', 'notNeeded', 'cancelled']) }),
  ]),
]);
const nothing = v.void();
const clientName = v.pipe(text, v.maxLength(4 * MAX_CLIENT_NAME_BYTES));
const keyGrant = v.object({
  scope: v.exactOptional(v.picklist(['api', 'chat'])),
  days: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_KEY_DAYS))),
});
const diagnosis = v.object({ startedAt: v.number(), tookMs: v.number(), hops: v.array(hopResult) });
const change = v.object({ name: v.exactOptional(clientName), scope: v.exactOptional(scope) });

/** What a window may have the leader do: arguments and result of each, as {@link AgentControl} names them. */
export const pipeCalls = {
  setRelay: { args: v.tuple([text, v.nullable(text)]), result: nothing },
  forgetRelay: { args: v.tuple([]), result: nothing },
  probeRelay: { args: v.tuple([text, v.nullable(text)]), result: diagnosis },
  connect: { args: v.tuple([]), result: nothing },
  disconnect: { args: v.tuple([]), result: nothing },
  reconnect: { args: v.tuple([]), result: nothing },
  createOffer: { args: v.tuple([]), result: v.object({ link: text, code: text, expiresAt: v.number() }) },
  cancelOffer: { args: v.tuple([]), result: nothing },
  createApiKey: { args: v.tuple([clientName, keyGrant]), result: v.object({ clientId: text, key: text }) },
  revoke: { args: v.tuple([text]), result: nothing },
  changeClient: { args: v.tuple([text, change]), result: nothing },
  setRemotePaused: { args: v.tuple([v.boolean()]), result: nothing },
  checkOllama: { args: v.tuple([]), result: ollama },
  diagnose: { args: v.tuple([]), result: diagnosis },
} as const satisfies Partial<Record<keyof AgentControl, unknown>>;
/** How the agent is: what a window draws from. */
export type AgentFacts = Pick<
  AgentControl,
  'deviceId' | 'deviceName' | 'tunnel' | 'metrics' | 'ollama' | 'runningStreams' | 'relay' | 'clients' | 'isRemotePaused'
>;
export type PipeMethod = keyof typeof pipeCalls;
export type PipeArgs<M extends PipeMethod> = v.InferOutput<(typeof pipeCalls)[M]['args']>;
export type PipeResult<M extends PipeMethod> = v.InferOutput<(typeof pipeCalls)[M]['result']>;

const method = v.picklist(Object.keys(pipeCalls) as [PipeMethod, ...PipeMethod[]]);
const controlRequest = v.variant('type', [
  v.object({ type: v.literal('call'), id: count, method, args: v.array(v.unknown()) }),
  /** Who asked gives up: what can be ended is. */
  v.object({ type: v.literal('abort'), id: count }),
  v.object({ type: v.literal('answer'), questionId: count, allow: v.boolean(), person: v.exactOptional(v.picklist(['owner', 'guest'])) }),
  v.object({ type: v.literal('ping') }),
]);
/** From a window that follows. */
export type ControlRequest = v.InferOutput<typeof controlRequest>;

const controlReply = v.variant('type', [
  /** First after `welcome`, then when something has changed. */
  v.object({ type: v.literal('facts'), facts: agentFactsRead }),
  v.object({ type: v.literal('done'), id: count, result: v.exactOptional(v.unknown()) }),
  v.object({ type: v.literal('failed'), id: count, error: errorCode, detail: v.exactOptional(text) }),
  /** A diagnosis knows one hop more. */
  v.object({ type: v.literal('hop'), id: count, result: hopResult }),
  /** Somebody asks to be let in by the link that this window shows. */
  v.object({ type: v.literal('question'), questionId: count, name: text, kind, scope, words: v.array(text) }),
  v.object({ type: v.literal('questionOver'), questionId: count }),
  v.object({ type: v.literal('paired'), clientId: text }),
  v.object({ type: v.literal('pong') }),
]);
/** From the leader. */
export type ControlReply = v.InferOutput<typeof controlReply>;

function reader<S extends v.GenericSchema>(what: string, schema: S): (value: unknown) => v.InferOutput<S> {
  return (value) => {
    const result = v.safeParse(schema, value);
    if (!result.success) throw new DecodeError(`${what}: ${result.issues[0].message}`);
    return result.output;
  };
}

/** Each reads what came from outside. @throws DecodeError */
export const parsePipeHello = reader('pipe hello', pipeHello);
export const parsePipeAnswer = reader('pipe answer', pipeAnswer);
export const parseLeaderNote = reader('leader note', leaderNote);
export const parseControlRequest = reader('control request', controlRequest);
export const parseControlReply = reader('control reply', controlReply);

/** @throws DecodeError */
export function parsePipeArgs<M extends PipeMethod>(name: M, args: unknown): PipeArgs<M> {
  return reader(`arguments of ${name}`, pipeCalls[name].args)(args);
}

/** @throws DecodeError */
export function parsePipeResult<M extends PipeMethod>(name: M, result: unknown): PipeResult<M> {
  return reader(`result of ${name}`, pipeCalls[name].result)(result);
}
