// npm run bench -- chatView [--reps 10] [--naive-reps 10] [--per-frame 16]: what the chat costs the page's process in real Chromium while an
// answer of 80 kB streams, beside a naive renderer. Writes docs/reports/chatView.md when it ran in full.
import { parseArgs } from 'node:util';
import { DemoPages } from '../browser/ui/demoPage.ts';
import { conclude } from './lib/conclude.ts';
import { short, spreadOf } from './lib/stats.ts';
import { answers } from './view/answers.ts';
import { blinkFrames, streamAnswer, type StreamCost } from './view/streamAnswer.ts';

const MAX_STREAM_SECONDS = 2;
const FULL = 10;
/** Characters that the naive renderer is given: its cost grows with the square, and a quarter shows it. */
const NAIVE_CHARACTERS = 20_000;

const { values } = parseArgs({
  options: {
    reps: { type: 'string', default: String(FULL) },
    'naive-reps': { type: 'string' },
    'per-frame': { type: 'string', default: '16' },
  },
});
const repetitions = Number(values.reps);
const naiveRepetitions = Number(values['naive-reps'] ?? values.reps);
const perFrame = Number(values['per-frame']);

const pages = await DemoPages.start();
const rows: string[] = [];
const missed: string[] = [];

async function streamOnce(answer: string, renderer: 'own' | 'naive'): Promise<StreamCost> {
  const demo = await pages.open(renderer === 'own' ? '/' : '/naive', { viewport: { width: 420, height: 800 } });
  await demo.start({ isNew: true });
  await demo.ask('Write');
  const cost = await streamAnswer(demo, answer, perFrame, renderer);
  await demo.close();
  return cost;
}

async function blinkOnce(): Promise<StreamCost> {
  const demo = await pages.open('/', { viewport: { width: 420, height: 800 } });
  await demo.start({ isNew: true });
  await demo.ask('Write');
  const cost = await blinkFrames(demo, Math.ceil(80_000 / 4 / perFrame));
  await demo.close();
  return cost;
}

function addRow(what: string, costs: readonly StreamCost[], bound?: number): void {
  const { median, min, max, count } = spreadOf(costs.map(({ workSeconds }) => workSeconds));
  const whole = spreadOf(costs.map(({ cpuSeconds }) => cpuSeconds)).median;
  const late = spreadOf(costs.map(({ lateFrames, frames }) => (100 * lateFrames) / frames)).median;
  rows.push(
    `| ${what} | ${short(median)} | ${short(min)} – ${short(max)} | ${short(whole)} | ${String(count)} | ${short(late)} % | ${bound === undefined ? '–' : `≤ ${String(bound)}`} |`,
  );
  console.log(rows.at(-1));
  if (bound !== undefined && !(median <= bound)) missed.push(`${what}: ${short(median)} s, more than ${String(bound)} s`);
}

try {
  for (const [name, answer] of Object.entries(answers)) {
    const own: StreamCost[] = [];
    const naive: StreamCost[] = [];
    for (let i = 0; i < Math.max(repetitions, naiveRepetitions); i++) {
      if (i < repetitions) own.push(await streamOnce(answer, 'own'));
      if (i < naiveRepetitions) naive.push(await streamOnce(answer.slice(0, NAIVE_CHARACTERS), 'naive'));
    }
    if (own.length > 0) addRow(`${name}, this view`, own, MAX_STREAM_SECONDS);
    if (naive.length > 0) addRow(`${name}, naive, its first ${String(NAIVE_CHARACTERS / 1000)} kB`, naive);
  }
  const blinks: StreamCost[] = [];
  for (let i = 0; i < repetitions; i++) blinks.push(await blinkOnce());
  if (blinks.length > 0) addRow('one word changes with each frame', blinks);
} finally {
  await pages.stop();
}

const body = [
  `An answer of 80 kB streams into the whole chat (420 px wide) in pieces of four characters, ${String(perFrame)} with each frame. Page: script, style and`,
  'layout of the thread that draws, in its own processor time; the bound is on this. Process: all threads of its process, counted by the kernel, with painting in software, which a',
  'graphics card does elsewhere, and with what every frame costs; the last row is how much that is when next to nothing changes. A late frame came more than 50 ms after the one before.',
  'The naive renderer parses the whole answer with markdown-it and sets it as HTML once a frame, in the same page, without anything else of the chat; it is given a quarter, for its cost grows with the square.',
  '',
  '| Answer | page, CPU-s, median | range | process, CPU-s | runs | late frames | bound |',
  '|:--|--:|--:|--:|--:|--:|--:|',
  ...rows,
].join('\n');
conclude({
  name: 'chatView',
  title: 'What the chat view costs',
  missed,
  body: repetitions >= FULL && naiveRepetitions >= FULL ? body : undefined,
});
