import { SeededRandom } from '../../fakes/seededRandom.ts';
import type { AnswerView } from '../support/answerView.ts';
import type { Direction, Fault } from '../support/fault.ts';
import { wholeAnswer, type FaultWorld, type HopName, type Lane } from '../support/faultWorld.ts';
import { newId, until } from '../support/stack.ts';
import { AnswerView as View } from '../support/answerView.ts';
import { answerFlow, faultKinds, faultNames, hopsOf, type Expected } from './faultKinds.ts';

const TOKENS = 300;
/** An answer this long takes about so many bytes on a hop; faults strike within the first three quarters of them. */
const ANSWER_BYTES: Readonly<Record<HopName, number>> = { client: 90_000, device: 90_000, ollama: 33_000 };
/** How much earlier a fault may be made to strike. */
const MIN_SCALE = 1 / 8;
/** Of a question's bytes on the tunnel. */
const QUESTION_BYTES = 300;
/** What is said while a line is made anew. */
const RESUME_BYTES = 3_000;
/** Half-open is found within 25 s; the rest is for a machine that is busy. */
const LIMIT_MS = 60_000;

export interface Trial {
  readonly kind: Fault['kind'];
  readonly seed: number;
}

export interface TrialResult extends Trial {
  readonly hop: HopName;
  /** What was done, for the one who reads about a failure. */
  readonly plan: string;
  /** What went wrong; undefined when all was exact. */
  readonly wrong: string | undefined;
  readonly strikes: number;
  readonly outcome: string;
  /** From the question to the last word, ms. */
  readonly tookMs: number;
}

/** `count` trials of every kind, the kinds mixed, so that long ones and short ones run side by side. */
export function allTrials(count: number, firstSeed: number): Trial[] {
  const trials = Array.from({ length: count }, (_, i) => faultNames.map((kind) => ({ kind, seed: firstSeed + i }))).flat();
  // The longest first: the end is not one of them alone.
  return trials.sort((a, b) => Number(isLong(b.kind)) - Number(isLong(a.kind)));
}

function isLong(kind: Fault['kind']): boolean {
  return kind === 'halfOpen' || kind === 'oneSided';
}

export async function runTrials(world: FaultWorld, trials: readonly Trial[], onResult: (result: TrialResult) => void): Promise<void> {
  await world.runAll(trials, async (lane, trial) => {
    onResult(await runTrial(lane, trial, 1));
  });
}

/** A question; a fault that strikes at a byte chosen by the seed on a hop chosen by the seed; and whether the answer was the model's. */
async function runTrial(lane: Lane, trial: Trial, scale: number): Promise<TrialResult> {
  const { kind, seed } = trial;
  const random = new SeededRandom(seed * 1000 + faultNames.indexOf(kind));
  const allowed = hopsOf(kind);
  const hop = allowed[seed % allowed.length] ?? 'client';
  const flow = answerFlow[hop];
  const { make, atOllama = 'whole', again = false } = faultKinds[kind];
  const fault = make(random, flow);
  const isEarly = hop !== 'ollama' && random.int(5) === 0;
  const strikes = again && hop !== 'ollama' ? 1 + random.int(3) : 1;
  const at = isEarly ? 1 + random.int(QUESTION_BYTES) : 1 + random.int(ANSWER_BYTES[hop] * scale);
  const later = Array.from({ length: strikes - 1 }, () => 1 + random.int(RESUME_BYTES));
  const direction: Direction = isEarly === (flow === 'down') ? 'up' : 'down';
  const plan = `${JSON.stringify(fault)} on the ${hop} hop after byte ${[at, ...later].join(', then ')} ${direction}`;

  const proxy = lane.proxies[hop];
  let struck = 0;
  const faults = (async () => {
    for (const bytes of [at, ...later]) {
      const { over } = await proxy.strikeAfter(struck === 0 ? direction : flow, bytes, fault);
      struck++;
      await over;
    }
  })();
  const prompt = `${String(TOKENS)} s${String(seed)}${kind}${String(lane.index)}${newId().slice(0, 4)}`;
  const startedAt = performance.now();
  const view = lane.ask(prompt);
  let wrong: string | undefined;
  try {
    await until('the answer’s end', () => view.isOver, LIMIT_MS);
    const tookMs = performance.now() - startedAt;
    // A later strike may find the line at rest, when the answer ended before.
    proxy.disarm();
    if (struck === 0) {
      // A machine that is busy sends more tokens in one record, so fewer bytes: strike earlier.
      if (scale > MIN_SCALE) return await runTrial(lane, trial, scale / 2);
      throw new Error('the fault did not strike');
    }
    if (struck === strikes) await faults;
    await until('the line is up again', () => lane.isUp && ollamaIsThere(lane), LIMIT_MS);
    wrong = await verdict(lane, view, prompt, hop === 'ollama' ? atOllama : 'whole');
    return { ...trial, hop, plan, wrong, strikes: struck, outcome: outcomeOf(view), tookMs };
  } catch (error) {
    proxy.disarm();
    wrong = error instanceof Error ? error.message : String(error);
    return { ...trial, hop, plan, wrong, strikes: struck, outcome: outcomeOf(view), tookMs: performance.now() - startedAt };
  } finally {
    view.dispose();
  }
}

function outcomeOf(view: AnswerView): string {
  return view.error === undefined ? (view.state ?? 'nothing') : `${view.state ?? ''}: ${view.error}`;
}

function ollamaIsThere({ client }: Lane): boolean {
  const last = client.replies.findLast((reply) => reply.type === 'ollama');
  return last?.type === 'ollama' && last.status.state === 'ok';
}

/** @returns what is wrong; undefined when all is exact */
async function verdict(lane: Lane, view: AnswerView, prompt: string, expected: Expected): Promise<string | undefined> {
  const whole = wholeAnswer(prompt);
  const asked = lane.ollama.asked.filter(({ body }) => body.includes(prompt));
  if (asked.length !== 1) return `Ollama was asked ${String(asked.length)} times`;
  const { refused, state, text } = view;
  if (refused !== undefined) return `refused: ${refused}`;
  const isWhole = state === 'done';
  if (expected === 'whole' && !isWhole) return `ended as ${outcomeOf(view)}`;
  // What broke before its first word is an error: there is nothing to keep.
  const isBroken = state === (text === '' ? 'error' : 'interrupted');
  if (expected === 'broken' && !isBroken) return `ended as ${outcomeOf(view)}, not interrupted`;
  if (!isWhole && !isBroken) return `ended as ${outcomeOf(view)}`;
  if (isWhole ? text !== whole : !whole.startsWith(text)) return `another text: ${difference(text, whole)}`;
  if (!isWhole && view.error === undefined) return 'broken without a cause';
  if (lane.client.lostStreams.length > 0) return `the stream did not go on where it was: ${lane.client.lostStreams.splice(0).join(', ')}`;
  await until('the end of the request to the model', () => asked[0]?.endedAt !== undefined, 2_000);
  const stored = await storedText(lane, view.conversationId);
  return stored === text ? undefined : `the store holds another text: ${difference(stored, text)}`;
}

/** What a view that comes later is shown. */
async function storedText(lane: Lane, conversationId: string): Promise<string> {
  const later = new View(lane.client.port, conversationId);
  try {
    lane.client.port.send({ type: 'close', conversationId });
    lane.client.port.send({ type: 'open', conversationId });
    await until('the stored answer', () => later.snapshots > 0);
    lane.client.port.send({ type: 'close', conversationId });
    return later.text;
  } finally {
    later.dispose();
  }
}

function difference(shown: string, meant: string): string {
  let at = 0;
  while (at < shown.length && shown[at] === meant[at]) at++;
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 10), at + 20));
  return `at ${String(at)} of ${String(meant.length)}, ${around(shown)} for ${around(meant)}`;
}
