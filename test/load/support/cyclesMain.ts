// node cyclesMain.ts ORIGIN CYCLES: connects and disconnects a device and its client, first some times to warm up, then CYCLES times once
// told so. Prints JSON lines: `warm` and `done`, each with what the process holds.
import { farmClient, farmDevice } from './farm.ts';
import { FarmStream } from './farmStream.ts';
import { until } from '../../harness/processes.ts';

const [origin = '', cycles = '1'] = process.argv.slice(2);
const WARM_UP = 300;

/** In turn, for a relay lets one device's clients come so often and no more. */
const PAIRS = 12;

const pairs = Array.from({ length: PAIRS }, (_, index) => ({
  device: farmDevice(origin, index, (mux) => {
    mux.onStream((stream) => {
      stream.onReadable(() => {
        while (stream.read());
        stream.write(new Uint8Array(100));
        stream.end();
      });
    });
  }),
  client: farmClient(origin, index, 0),
}));

/** Both come up, a stream carries something, both go down; now the one, now the other first. */
async function cycle(number: number): Promise<void> {
  const pair = pairs[number % PAIRS];
  if (!pair) return;
  const { device, client } = pair;
  await Promise.all([device.supervisor.connect(), client.supervisor.connect()]);
  const stream = new FarmStream(client, { kind: 'flat' });
  await until('an answer', () => stream.bytes === 100 && stream.isOver, 10_000, 1);
  const ends = Math.floor(number / PAIRS) % 2 === 0 ? [device, client] : [client, device];
  for (const { supervisor } of ends) supervisor.disconnect();
}

async function run(count: number): Promise<void> {
  for (let number = 0; number < count; number++) await cycle(number);
}

/** Waits until farewells are over: sockets close a moment after their owners have let go. */
async function say(event: string): Promise<void> {
  const held = (): string[] => process.getActiveResourcesInfo().sort();
  await until('the last socket’s end', () => !held().some((kind) => /TCP|TLS|Connect/.test(kind)), 10_000, 50);
  // The wait's own timer is over by now; one immediate turn lets it go.
  await new Promise((resolve) => setImmediate(resolve));
  process.stdout.write(`${JSON.stringify({ event, resources: held() })}\n`);
}

await run(WARM_UP);
await say('warm');
await new Promise<void>((resolve) => {
  process.on('message', (message) => {
    if (message !== 'memory') resolve();
  });
});
await run(Number(cycles));
await say('done');
// Kept for questions about its memory; the one who asks ends it.
setInterval(() => undefined, 60_000);
