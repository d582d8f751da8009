// node modelMain.ts KNOBS: a stand-in for Ollama in a process of its own, whose answers are what `spoken.ts` says. Prints `listening` as a JSON line;
// KNOBS, and messages over IPC, turn its knobs; `asked` answers how often a model was run.
import { startFakeOllama, type FakeOllamaOptions } from '../../standin/startFakeOllama.ts';
import { spokenPieces } from './spoken.ts';

const knobs = JSON.parse(process.argv[2] ?? '{}') as FakeOllamaOptions;
const model = await startFakeOllama({ numParallel: 1_000, script: ({ prompt }) => spokenPieces(prompt), ...knobs });

function say(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

process.on('message', (message) => {
  if (message === 'memory') return;
  const { set, ask } = message as { readonly set?: FakeOllamaOptions; readonly ask?: 'asked' };
  if (set) void model.set(set);
  if (ask === 'asked') {
    const asked = model.asked.map(({ body, receivedAt, firstByteAt, cancelledAt }) => ({
      text: questionOf(body),
      waitMs: firstByteAt === undefined ? undefined : firstByteAt - receivedAt,
      cancelled: cancelledAt !== undefined,
    }));
    say('asked', { asked });
  }
});

function questionOf(body: string): string {
  const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly content: string }[] };
  return messages.at(-1)?.content ?? '';
}

say('listening', { url: model.url });
