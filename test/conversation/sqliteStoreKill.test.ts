import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { idOf } from './sampleTurns.ts';

const writer = fileURLToPath(new URL('turnWriter.ts', import.meta.url));

describe('SQLite store under SIGKILL', () => {
  it('holds every turn and every piece of text it has acknowledged', async function () {
    this.timeout(30_000);
    const folder = mkdtempSync(join(tmpdir(), 'c2l-kill-'));
    const path = join(folder, 'chats.db');
    const acknowledged = new Map<number, number>();
    try {
      for (let kill = 0; kill < 3; kill++) {
        const from = Math.max(-1, ...acknowledged.keys()) + 2;
        const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', writer, path, String(from)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const exited = once(child, 'exit');
        let lines = 0;
        for await (const line of createInterface({ input: child.stdout })) {
          const [kind, name, units] = line.split(' ');
          if (units !== undefined || kind === 'turn') acknowledged.set(Number(name), Number(units ?? 0));
          // Killed in the middle of its work; what it had already said is still read.
          if (++lines === 37 + 20 * kill) child.kill('SIGKILL');
        }
        await exited;
        const { store, damaged } = SqliteStore.open(path, new FakeClock());
        assert.equal(damaged, undefined);
        store.interruptRunning();
        const { messages } = store.messages('owner', idOf('c'), { limit: 100_000 });
        const answers = new Map(messages.map(({ id, text }) => [id, text]));
        for (const [turn, units] of acknowledged) {
          const name = String(turn);
          const whole = `step 1 of ${name} step 2 of ${name} step 3 of ${name} `;
          const text = answers.get(idOf(`a ${name}`));
          assert.ok(text !== undefined && text.length >= units && whole.startsWith(text), `turn ${name}: ${String(text)}`);
          assert.ok(store.replyTo('owner', idOf(`r ${name}`)));
        }
        store.dispose();
      }
      assert.ok(acknowledged.size > 15, String(acknowledged.size));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
