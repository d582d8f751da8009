// npm run test:long -- hostile: 500 seeds for each deed of a relay that means harm, and 5,000 of a phone on a bad line.
import { hostileDeeds } from '../sim/hostileDeeds.ts';
import { runWorlds } from './lib/worldsRun.ts';

const SEEDS_PER_DEED = 500;
const deeds = Object.keys(hostileDeeds).length;

await runWorlds({
  name: 'hostile',
  title: 'A relay that means harm, and a phone on a bad line, seed by seed',
  words: `*hostile* is all of it, through a relay that does one of ${String(deeds)} things to what it carries,
${String(SEEDS_PER_DEED)} seeds for each: its rows count how often. *phone* follows a script: 300 ms more on each message, cut every 10 s, reloaded in the
middle, frozen for 20 minutes.`,
  worlds: { hostile: SEEDS_PER_DEED * deeds, phone: 5_000 },
});
