import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { SqliteStore } from '../../../src/conversation/node/sqliteStore.ts';
import { MACHINE_OWNER } from '../../../src/conversation/ports.ts';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import { newId, Stack, until, type StackClient } from '../support/stack.ts';
import { Witness } from '../support/witness.ts';

/** What was shown longer ago than this must be on the disk, ms: twice the time between two checkpoints. */
export const OLD_MS = 500;
const TOKENS_PER_SECOND = 120;
const MAX_KILL_AFTER_MS = 2_500;
/** Conversations that streams run in at once, at most; Ollama answers as many at once. */
const AT_ONCE = 3;
const LIMIT_MS = 30_000;

export interface KillResult {
  readonly round: number;
  readonly questions: number;
  /** Of them, how many the client knew to be accepted when the device was killed. */
  readonly accepted: number;
  readonly interrupted: number;
  /** How long the text that was lost had been shown, ms: the oldest of it; undefined when all that was shown is there. */
  readonly lostAgeMs: number | undefined;
  /** From the kill to the last view being whole again, ms. */
  readonly backMs: number;
  readonly wrong: readonly string[];
}

/** What must be found in the end. */
interface Expected {
  readonly prompt: string;
  readonly answerId: string;
  readonly text: string;
  readonly state: string | undefined;
}

/** The stand-in's answer to `N key`: N pieces that tell of place and question, so that a repeat, a hole and a mix are seen. */
function pieces(prompt: string): string[] {
  const [count = '0', key = ''] = prompt.split(' ');
  return Array.from({ length: Number(count) }, (_, i) => ` ${String(i)}:${key}`);
}

export async function startKillStack(): Promise<Stack> {
  return await Stack.start({
    ollama: { tokensPerSec: TOKENS_PER_SECOND, numParallel: AT_ONCE, script: ({ prompt }) => pieces(prompt) },
  });
}

/**
 * Kills the agent `count` times at random points of running answers, and looks after each at what its views show. At the end everything that
 * was ever asked is compared with what the file holds.
 * @returns what was wrong in the end
 */
export async function runKills(
  stack: Stack,
  options: { readonly count: number; readonly seed: number },
  onResult: (result: KillResult) => void,
): Promise<readonly string[]> {
  const random = new SeededRandom(options.seed);
  const client = await stack.client();
  const known = new Map<string, Expected[]>();
  for (let round = 1; round <= options.count; round++) onResult(await kill(stack, client, random, round, known));
  await stack.agent.stop('SIGKILL');
  return [...inFile(stack, known), ...askedTwice(stack)];
}

async function kill(
  stack: Stack,
  client: StackClient,
  random: SeededRandom,
  round: number,
  known: Map<string, Expected[]>,
): Promise<KillResult> {
  const free = [...known.keys()];
  const views = Array.from({ length: 1 + random.int(AT_ONCE) }, (_, n) => {
    const place = random.int(2) === 0 ? random.int(Math.max(1, free.length)) : free.length;
    const conversationId = free.splice(place, 1)[0] ?? newId();
    // One in four is short enough to have ended.
    const length = random.int(4) === 0 ? 1 + random.int(60) : 1_000;
    return new Witness(client.port, conversationId, `${String(length)} r${String(round)}n${String(n)}`);
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, random.int(MAX_KILL_AFTER_MS)));
    const killedAt = performance.now();
    stack.agent.child.kill('SIGKILL');
    const before = views.map((view) => ({
      view,
      isAccepted: view.answerId !== undefined,
      wasDone: view.answer?.state === 'done',
      snapshots: view.snapshots,
      old: view.shownAt(killedAt - OLD_MS),
    }));
    await stack.restartAgent();
    for (const { view, snapshots } of before) {
      await until(`an answer to ${view.prompt}`, () => view.answerId !== undefined || view.refused !== undefined, LIMIT_MS);
      await until(`${view.prompt} as it is now`, () => view.snapshots > snapshots && view.answer !== undefined, LIMIT_MS);
    }
    // What the device had never heard of it has begun just now.
    for (const { view, isAccepted } of before) if (!isAccepted && !view.isOver) view.stop();
    for (const { view } of before) await until(`the end of ${view.prompt}`, () => view.isOver, LIMIT_MS);
    const backMs = performance.now() - killedAt;
    const wrong = before.flatMap((was) =>
      faultsOf(was, known.get(was.view.conversationId) ?? []).map((fault) => `${was.view.prompt}: ${fault}`),
    );
    const lost = before
      .map(({ view }) => view.shownBeyond(view.answer?.text.length ?? 0))
      .filter((at) => at !== undefined && at <= killedAt);
    for (const { view } of before) note(known, view);
    return {
      round,
      questions: views.length,
      accepted: before.filter(({ isAccepted }) => isAccepted).length,
      interrupted: views.filter(({ answer }) => answer?.state === 'interrupted').length,
      lostAgeMs: lost.length === 0 ? undefined : killedAt - Math.min(...lost.map(Number)),
      backMs,
      wrong,
    };
  } finally {
    for (const view of views) view.dispose();
  }
}

function faultsOf(
  was: { readonly view: Witness; readonly isAccepted: boolean; readonly wasDone: boolean; readonly old: number },
  earlier: readonly Expected[],
): string[] {
  const { view, isAccepted, wasDone, old } = was;
  const { answer, messages, prompt } = view;
  const whole = pieces(prompt).join('');
  const text = answer?.text ?? '';
  const faults: string[] = [];
  if (view.refused !== undefined) faults.push(`refused: ${view.refused}`);
  if (!whole.startsWith(text)) faults.push(`not what the model said: ${text.slice(-60)}`);
  if (text.length < old) faults.push(`${String(old - text.length)} units are lost that were shown ${String(OLD_MS)} ms before`);
  if (wasDone && answer?.state !== 'done') faults.push(`was done, is ${String(answer?.state)}`);
  const ended = answer?.state === 'interrupted' || (answer?.state === 'done' && text === whole);
  if (isAccepted && !ended) faults.push(`is ${String(answer?.state)} with ${String(text.length)} units`);
  if (new Set(messages.map(({ id }) => id)).size !== messages.length) faults.push('a message is shown twice');
  const prompts = messages.filter(({ role }) => role === 'user').map((message) => message.text);
  const wanted = [...earlier.map((one) => one.prompt), prompt];
  if (prompts.join('|') !== wanted.join('|')) faults.push(`the questions are ${prompts.join('|')}, not ${wanted.join('|')}`);
  return faults;
}

function note(known: Map<string, Expected[]>, { conversationId, prompt, answerId = '', answer }: Witness): void {
  known.set(conversationId, [...(known.get(conversationId) ?? []), { prompt, answerId, text: answer?.text ?? '', state: answer?.state }]);
}

/** What the file holds and was never asked, or was shown and is not there. */
function inFile(stack: Stack, known: ReadonlyMap<string, readonly Expected[]>): string[] {
  const { store, damaged } = SqliteStore.open(join(stack.folder, 'state', 'conversations.db'), systemClock);
  try {
    const wrong = damaged === undefined ? [] : [`the file was damaged: ${damaged.file}`];
    const listed = store.listConversations(MACHINE_OWNER);
    if (listed.length !== known.size) wrong.push(`${String(listed.length)} conversations in the file, ${String(known.size)} asked for`);
    for (const [conversationId, expected] of known) {
      const { messages } = store.messages(MACHINE_OWNER, conversationId, { limit: 1_000_000 });
      const found = messages.map(({ role, id, text, state }) => (role === 'user' ? text : [id, state, text].join(' '))).join('\n');
      const wanted = expected.flatMap(({ prompt, answerId, state, text }) => [prompt, [answerId, state, text].join(' ')]).join('\n');
      if (found !== wanted) wrong.push(`conversation of ${String(expected[0]?.prompt)}: the file differs from what was shown`);
    }
    return wrong;
  } finally {
    store.dispose();
  }
}

function askedTwice(stack: Stack): string[] {
  const asked = stack.ollama.asked.map(({ body }) => (JSON.parse(body) as { messages: { content: string }[] }).messages.at(-1)?.content);
  return asked.filter((prompt, index) => asked.indexOf(prompt) !== index).map((prompt) => `the model was asked twice: ${String(prompt)}`);
}
