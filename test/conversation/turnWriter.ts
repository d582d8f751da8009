import { systemClock } from '../../src/base/clock.ts';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { idOf, sampleTurn } from './sampleTurns.ts';

// Run as a process of its own, to be killed: writes turns and says of each, once it is committed, that it is.
const [path = '', from = '0'] = process.argv.slice(2);
const { store } = SqliteStore.open(path, systemClock);
for (let n = Number(from); ; n++) {
  const name = String(n);
  store.commitTurn(sampleTurn({ name }));
  process.stdout.write(`turn ${name}\n`);
  let text = '';
  for (let step = 1; step <= 3; step++) {
    text += `step ${String(step)} of ${name} `;
    store.updateAnswer(idOf(`a ${name}`), { text, state: step === 3 ? 'done' : 'streaming', nextSequence: step });
    process.stdout.write(`answer ${name} ${String(text.length)}\n`);
  }
}
