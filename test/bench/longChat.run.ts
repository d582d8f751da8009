// npm run bench -- longChat [--reps 10]: how long a chat of 60,000 lines takes to open, and a key in it to be painted, and how long a panel with
// 200 messages takes to stand again, in real Chromium.
// Writes docs/reports/longChat.md when it ran in full.
import { parseArgs } from 'node:util';
import { DemoPages } from '../browser/ui/demoPage.ts';
import { conclude } from './lib/conclude.ts';
import { short, spreadOf } from './lib/stats.ts';
import { openAndType } from './view/longChat.ts';
import { reopenPanels } from './view/reopenPanels.ts';

const MAX_OPEN_MS = 1000;
/** Two frames and a bit: what follows a key within it is felt as at once. */
const MAX_KEY_MS = 50;
const FULL = 10;
const KEYS = 60;
/** A panel that was hidden, moved, reloaded or opened twice shows its 200 messages within this time. */
const MAX_STAND_MS = 150;
const TURNS = 100;

const { values } = parseArgs({ options: { reps: { type: 'string', default: String(FULL) } } });
const repetitions = Number(values.reps);
const opens: number[] = [];
const keys: number[] = [];
let messages = 0;
const stands = new Map<string, number[]>();
const pages = await DemoPages.start();
try {
  for (let i = 0; i < repetitions; i++) {
    const demo = await pages.open();
    const cost = await openAndType(demo, KEYS);
    await demo.close();
    ({ messages } = cost);
    opens.push(cost.openMs);
    keys.push([...cost.keysMs].sort((a, b) => a - b)[Math.floor(cost.keysMs.length * 0.95)] ?? NaN);
    const panels = await pages.open('/panels', { viewport: { width: 900, height: 800 } });
    const { times } = await reopenPanels(panels, TURNS);
    await panels.close();
    for (const [what, { wholeMs }] of Object.entries(times)) stands.set(what, [...(stands.get(what) ?? []), wholeMs]);
  }
} finally {
  await pages.stop();
}

const [open, key] = [spreadOf(opens), spreadOf(keys)];
const spreads = [...stands].map(([what, ms]) => ({ what, ...spreadOf(ms) }));
const rows = [
  `| opening, until the newest page is painted | ${short(open.median)} | ${short(open.min)} – ${short(open.max)} | ≤ ${String(MAX_OPEN_MS)} |`,
  `| a key until it is painted, p95 of ${String(KEYS)}, all ${String(messages)} messages drawn | ${short(key.median)} | ${short(key.min)} – ${short(key.max)} | ≤ ${String(MAX_KEY_MS)} |`,
  ...spreads.map(
    ({ what, median, min, max }) =>
      `| 200 messages, ${what} in mid-answer, until all are painted | ${short(median)} | ${short(min)} – ${short(max)} | ≤ ${String(MAX_STAND_MS)} |`,
  ),
];
for (const row of rows) console.log(row);
const missed = [
  ...(open.median <= MAX_OPEN_MS ? [] : [`opening: ${short(open.median)} ms`]),
  ...(key.median <= MAX_KEY_MS ? [] : [`typing: ${short(key.median)} ms`]),
  ...spreads.filter(({ median }) => !(median <= MAX_STAND_MS)).map(({ what, median }) => `${what}: ${short(median)} ms`),
];

const body = [
  `A chat of 60,000 lines in ${String(messages)} messages, and panels over one hub with 200, ${String(repetitions)} times in pages of their own.`,
  '',
  '| | ms, median | range | bound |',
  '|:--|--:|--:|--:|',
  ...rows,
].join('\n');
conclude({ name: 'longChat', title: 'What a long chat costs', missed, body: repetitions >= FULL ? body : undefined });
