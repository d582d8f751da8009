import { systemClock } from '../../src/base/clock.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { idOf, sampleTurn } from './sampleTurns.ts';

// Run as a process of its own, to be killed: writes turns and says of each, once it is committed, that it is.
const [path = '', from = '0'] = process.argv.slice(2);
let refused = 0;
const { store } = SqliteStore.open(path, systemClock);
for (let n = Number(from); ; n++) {
  const name = String(n);
  let isAccepted = false;
  try {
    store.commitTurn(sampleTurn({ name }));
    isAccepted = true;
    process.stdout.write(`turn ${name}\n`);
    let text = '';
    for (let step = 1; step <= 3; step++) {
      text += `step ${String(step)} of ${name} `;
      store.updateAnswer(idOf(`a ${name}`), { text, state: step === 3 ? 'done' : 'streaming', nextSequence: step });
      process.stdout.write(`answer ${name} ${String(text.length)}\n`);
    }
  } catch (error) {
    // The disk is full, or another has held the lock for too long: what was refused must not be there.
    const code = error instanceof TunnelError ? error.code : String(error);
    process.stdout.write(`${isAccepted ? 'unsaved' : 'refused'} ${name} ${code}\n`);
    if (++refused === 10) process.exit(0);
  }
}
