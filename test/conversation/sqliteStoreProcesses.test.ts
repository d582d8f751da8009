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

/** What a process that writes turns said of them. */
interface Said {
  readonly accepted: string[];
  readonly refused: string[];
}

/** Runs a writer until it has said so many lines, or to its own end. @param blocks bound of each file, in blocks of 512 bytes */
async function write(path: string, from: number, lines: number, blocks?: number): Promise<Said> {
  const args = ['--disable-warning=ExperimentalWarning', writer, path, String(from)];
  const bounded = `ulimit -f ${String(blocks)}; exec "$0" "$@"`;
  const child =
    blocks === undefined
      ? spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn('sh', ['-c', bounded, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const said: Said = { accepted: [], refused: [] };
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, name = '', code] = line.split(' ');
    if (kind === 'turn') said.accepted.push(name);
    if (kind === 'refused') {
      assert.equal(code, 'storeFailed', line);
      said.refused.push(name);
    }
    if (++count === lines) child.kill('SIGKILL');
  }
  await exited;
  return said;
}

describe('SQLite store and other processes', function () {
  this.timeout(60_000);
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-two-'));
    path = join(folder, 'chats.db');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** One chain of whole turns: all that were accepted, at most those that were begun when a writer was killed beside. */
  function expectTurns(said: readonly Said[], begunAtMost: number): void {
    const { store, damaged } = SqliteStore.open(path, new FakeClock());
    try {
      assert.equal(damaged, undefined);
      const { messages } = store.messages('owner', idOf('c'), { limit: 100_000 });
      const questions = messages.filter(({ role }) => role === 'user').map(({ text }) => text.replace('question ', ''));
      assert.equal(messages.length, 2 * questions.length);
      assert.deepEqual(
        messages.map(({ role }) => role),
        questions.flatMap(() => ['user', 'assistant']),
      );
      assert.equal(new Set(questions).size, questions.length);
      const accepted = said.flatMap((one) => one.accepted);
      assert.deepEqual(
        accepted.filter((name) => !questions.includes(name)),
        [],
      );
      for (const one of said)
        assert.deepEqual(
          one.refused.filter((name) => questions.includes(name)),
          [],
        );
      assert.ok(questions.length <= accepted.length + begunAtMost);
    } finally {
      store.dispose();
    }
  }

  it('takes the turns of two processes that write at once, each whole, in one chain', async () => {
    const said = await Promise.all([write(path, 0, 160), write(path, 10_000, 160)]);
    for (const one of said) assert.ok(one.accepted.length >= 30, String(one.accepted.length));
    // A turn may be committed by a writer that is killed before it can say so.
    expectTurns(said, 2);
  });

  it('says storeFailed when the disk is full, keeps what it had accepted, and nothing half', async function () {
    // A file that may not grow is what a full disk looks like to SQLite; Windows has no such bound.
    if (process.platform === 'win32') this.skip();
    const said = await write(path, 0, 1_000_000, 2_000);
    assert.ok(said.accepted.length >= 5, String(said.accepted.length));
    assert.ok(said.refused.length > 0);
    expectTurns([said], 0);
    assert.ok((await write(path, 5_000, 20)).accepted.length >= 4);
  });
});
