// npm run test:long -- simulator: 50,000 seeds of the whole world, and 10,000 of raw streams.
import { runWorlds } from './lib/worldsRun.ts';

await runWorlds({
  name: 'simulator',
  title: 'The simulated world, seed by seed',
  words: `*chat* is all of it: one or two tabs, a person who asks, stops and scrolls. *tunnel* lies below the chat: raw
streams between a client and a device, some stopped, some broken off.`,
  worlds: { chat: 50_000, tunnel: 10_000 },
});
