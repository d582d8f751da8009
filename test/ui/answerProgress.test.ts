import assert from 'node:assert/strict';
import { AnswerProgress, PROGRESS_MS } from '../../src/ui/answerProgress.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { View } from './modelView.ts';
import { chunk, snapshot, state, turn } from './talk.ts';

describe('progress of an answer, for a screen reader', () => {
  const clock = new FakeClock();
  const view = new View();
  const said: string[] = [];
  let ticks = 0;
  const progress = new AnswerProgress({
    clock,
    current: () => view.model,
    tick: () => ticks++,
    say: ({ kind, text }) => {
      said.push(`${kind}: ${text}`);
    },
  });

  it('is told now and then while it is waited for and while it is written, with the number of words alone', async () => {
    view.hear(snapshot(0), turn(1, '1'));
    progress.check();
    await clock.advance(PROGRESS_MS);
    view.hear(chunk(2, '1', 0, 'secret words '));
    progress.check();
    await clock.advance(PROGRESS_MS - 1);
    assert.deepEqual(said, ['status: Still waiting for the answer']);
    for (let i = 0; i < 100; i++) {
      view.hear(chunk(3 + i, '1', 1 + i, 'token '));
      progress.check();
    }
    await clock.advance(1);
    assert.deepEqual(said.slice(1), ['status: Still answering, 102 words']);
    assert.equal(ticks, PROGRESS_MS / 1000, 'seconds are counted while nothing has come, and no longer');
  });

  it('is told of no more once it has ended', async () => {
    view.hear(state(103, '1', 'done'));
    progress.check();
    assert.equal(clock.pendingTimers, 0);
    await clock.advance(10 * PROGRESS_MS);
    assert.equal(said.length, 2);
  });

  it('begins anew with the next answer, and ends with its view', async () => {
    view.hear(turn(104, '2'));
    progress.check();
    await clock.advance(PROGRESS_MS);
    assert.equal(said.at(-1), 'status: Still waiting for the answer');
    progress.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});
