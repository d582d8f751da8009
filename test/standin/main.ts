import { parseArgs } from 'node:util';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from './startFakeOllama.ts';

/** Version of the runnable form: it names itself, so that status and answers can say that no model is behind them. */
const STAND_IN_VERSION = '0.33.0-standin';

const help = `Stand-in for Ollama, for tests and demonstrations.
  --port N            port on 127.0.0.1; default: one that is free
  --json              one JSON object a line
  --slow              eight words a second after a second's thought
  --tokens-per-sec N  words a second; 0 is as fast as they are read (default 40)
  --gate              holds each piece back until POST /_standin/release
  --knobs JSON        any other knobs
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      json: { type: 'boolean', default: false },
      slow: { type: 'boolean', default: false },
      'tokens-per-sec': { type: 'string', default: '40' },
      gate: { type: 'boolean', default: false },
      knobs: { type: 'string', default: '{}' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const fake = await startFakeOllama({
    versionString: STAND_IN_VERSION,
    control: true,
    port: Number(values.port ?? '0'),
    tokensPerSec: values.slow ? 8 : Number(values['tokens-per-sec']),
    ttftMs: values.slow ? 1000 : 0,
    gate: values.gate ? 'manual' : 'open',
    ...(JSON.parse(values.knobs) as FakeOllamaOptions),
  });
  const event = { event: 'listening', url: fake.url, version: STAND_IN_VERSION, models: ['stand-in:latest'] };
  process.stdout.write(values.json ? `${JSON.stringify(event)}\n` : `Stand-in for Ollama (not a model) on ${fake.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void leave(fake);
    });
  }
}

async function leave(fake: FakeOllama): Promise<void> {
  await fake.close();
  process.exit(0);
}

await main();
