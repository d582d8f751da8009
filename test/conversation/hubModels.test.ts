import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { MAX_PULLS, MAX_PULLS_LISTED, PULL_REPORT_MS } from '../../src/protocol/limits.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

let requests = 0;
function ask(view: TestView, type: 'pullModel' | 'cancelPull' | 'unloadModel' | 'deleteModel', model: string): string {
  const requestId = idOf(`model ${String(requests++)}`);
  view.send({ type, requestId, model });
  return requestId;
}
const pulls = (view: TestView) => view.of('pulls').at(-1)?.items ?? [];

describe('hub: models', () => {
  it('downloads for the device, not for a view: who comes later sees it, and who leaves ends nothing', async () => {
    const world = new HubWorld();
    const first = world.view();
    const requestId = ask(first, 'pullModel', 'new:1b');
    assert.deepEqual(first.of('accepted'), [{ type: 'accepted', requestId }]);
    assert.deepEqual(pulls(first), [{ name: 'new:1b', state: 'running', step: 'manifest' }]);
    first.leave();
    world.models.pulls.get('new:1b')?.onProgress({ step: 'downloading', completed: 10, total: 40 });
    const second = world.view();
    assert.deepEqual(pulls(second), [{ name: 'new:1b', state: 'running', step: 'downloading', completed: 10, total: 40 }]);
    await world.clock.advance(PULL_REPORT_MS);
    assert.equal(second.of('pulls').length, 2);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('reports at most four times a second, the end at once, and sends the list of models again', async () => {
    const world = new HubWorld();
    const view = world.view();
    view.send({ type: 'listModels' });
    ask(view, 'pullModel', 'new:1b');
    await world.clock.advance(0);
    const before = view.of('pulls').length;
    for (let n = 1; n <= 100; n++) world.models.pulls.get('new:1b')?.onProgress({ step: 'downloading', completed: n, total: 100 });
    assert.equal(view.of('pulls').length, before);
    await world.clock.advance(PULL_REPORT_MS);
    assert.equal(view.of('pulls').length, before + 1);
    assert.equal(pulls(view)[0]?.completed, 100);
    world.models.models = [{ name: 'new:1b' }, ...world.models.models];
    world.models.pulls.get('new:1b')?.onDone();
    assert.equal(pulls(view)[0]?.state, 'done');
    await world.clock.advance(0);
    assert.deepEqual(
      view.of('models').map(({ items }) => items.length),
      [1, 2],
    );
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('ends a download on request, takes it off the list on the next, and begins it anew after a failure', () => {
    const world = new HubWorld();
    const view = world.view();
    ask(view, 'pullModel', 'new:1b');
    ask(view, 'pullModel', 'new:1b');
    assert.equal(view.of('pulls').length, 1, 'joined');
    ask(view, 'cancelPull', 'new:1b');
    assert.equal(world.models.pulls.size, 0);
    assert.equal(pulls(view)[0]?.state, 'cancelled');
    ask(view, 'cancelPull', 'new:1b');
    assert.deepEqual(pulls(view), []);
    ask(view, 'pullModel', 'new:1b');
    world.models.pulls.get('new:1b')?.onError(new TunnelError('ollamaPullFailed', 'it broke off'));
    assert.deepEqual(pulls(view), [
      { name: 'new:1b', state: 'failed', step: 'manifest', error: 'ollamaPullFailed', errorDetail: 'it broke off' },
    ]);
    ask(view, 'pullModel', 'new:1b');
    assert.equal(pulls(view)[0]?.state, 'running');
    assert.equal(view.of('refused').length, 0);
    world.hub.dispose();
    assert.equal(world.models.pulls.size, 0);
  });

  it('goes on with its downloads after a restart, once Ollama can be asked, and with none that was ended', () => {
    const world = new HubWorld();
    let noted: readonly string[] = [];
    const pullNotes = {
      read: () => noted,
      write: (names: readonly string[]) => {
        noted = names;
      },
    };
    world.start({ pullNotes });
    const first = world.view();
    for (const name of ['goes-on:1b', 'cancelled:1b', 'failed:1b', 'done:1b']) ask(first, 'pullModel', name);
    ask(first, 'cancelPull', 'cancelled:1b');
    world.models.pulls.get('failed:1b')?.onError(new TunnelError('ollamaPullFailed'));
    world.models.pulls.get('done:1b')?.onDone();
    world.hub.dispose();
    assert.deepEqual([noted, world.models.pulls.size], [['goes-on:1b'], 0]);
    world.models.setStatus({ state: 'notRunning' });
    world.start({ pullNotes });
    const second = world.view();
    ask(second, 'pullModel', 'other:1b');
    assert.deepEqual(noted, ['other:1b', 'goes-on:1b'], 'what waits stays noted');
    assert.deepEqual([...world.models.pulls.keys()], ['other:1b']);
    world.models.setStatus({ state: 'noModels' });
    assert.deepEqual(
      pulls(second).map(({ name, state }) => [name, state]),
      [
        ['other:1b', 'running'],
        ['goes-on:1b', 'running'],
      ],
    );
    world.models.setStatus({ state: 'ok' });
    assert.equal(pulls(second).length, 2);
    world.hub.dispose();
    world.start({ pullNotes });
    assert.deepEqual(pulls(world.view()).length, 2, 'at once when Ollama is there');
    world.hub.dispose();
  });

  it('bounds downloads at once and those it remembers', () => {
    const world = new HubWorld();
    const view = world.view();
    for (let n = 0; n < 40; n++) {
      ask(view, 'pullModel', `m:${String(n)}`);
      world.models.pulls.get(`m:${String(n)}`)?.onError(new TunnelError('ollamaPullFailed'));
    }
    assert.equal(pulls(view).length, MAX_PULLS_LISTED);
    for (let n = 0; n < MAX_PULLS; n++) ask(view, 'pullModel', `n:${String(n)}`);
    const refused = ask(view, 'pullModel', 'one-more');
    assert.deepEqual(view.of('refused'), [{ type: 'refused', requestId: refused, error: 'tooManyStreams' }]);
    assert.equal(pulls(view).length, MAX_PULLS_LISTED);
  });

  it('begins new chats of its owner with the model that is set, and says so again when another is', async () => {
    const world = new HubWorld();
    let preferred = 'b:1';
    const hub = world.start({ defaultModel: () => preferred });
    world.models.models = ['a:1', 'b:1', 'c:1'].map((name) => ({ name, capabilities: ['completion'] }));
    const view = world.view();
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    const idle = world.view();
    for (const one of [view, guest]) one.send({ type: 'listModels' });
    await world.clock.advance(0);
    preferred = 'c:1';
    hub.modelsChanged();
    await world.clock.advance(0);
    const suggested = (one: TestView) => one.of('models').map((reply) => reply.suggested);
    assert.deepEqual(suggested(view), ['b:1', 'c:1']);
    assert.deepEqual(suggested(guest), ['a:1', 'a:1']);
    assert.deepEqual(suggested(idle), []);
  });

  it('lets a guest who may chat neither see nor touch downloads, and one who manages models pull from the library alone', () => {
    const world = new HubWorld();
    ask(world.view(), 'pullModel', 'new:1b');
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    for (const type of ['pullModel', 'cancelPull', 'unloadModel', 'deleteModel'] as const) ask(guest, type, 'new:1b');
    assert.deepEqual(
      guest.of('refused').map(({ error }) => error),
      ['notAllowed', 'notAllowed', 'notAllowed', 'notAllowed'],
    );
    assert.deepEqual(guest.of('pulls'), []);
    const manager = world.view({ owner: 'guest', scope: 'models' });
    assert.equal(pulls(manager).length, 1);
    for (const model of ['10.0.0.5/x', 'glm-4.6:cloud']) ask(manager, 'pullModel', model);
    ask(manager, 'deleteModel', 'm:1');
    assert.deepEqual(
      manager.of('refused').map(({ error }) => error),
      ['notAllowed', 'notAllowed', 'notAllowed'],
    );
    ask(manager, 'pullModel', 'qwen3:8b');
    assert.deepEqual([...world.models.pulls.keys()], ['new:1b', 'qwen3:8b']);
  });

  it('tells those who asked what is in memory, again whenever an answer begins or ends or a model is unloaded', async () => {
    const world = new HubWorld({ answer: () => ({ pieces: ['a', 'b'] }), gate: 'manual' });
    const view = world.view();
    const idle = world.view();
    view.send({ type: 'listLoaded' });
    await world.clock.advance(0);
    assert.deepEqual(view.of('loaded'), [{ type: 'loaded', items: [] }]);
    const loaded = { name: 'm:1', size: 100, gpuSize: 60, expiresAt: world.clock.now() + 300_000, contextLength: 4096 };
    world.models.loaded = [loaded];
    world.ask(view, 'hi');
    await world.clock.advance(5);
    world.models.release(1);
    await world.clock.advance(5);
    assert.deepEqual(view.of('loaded').at(-1)?.items, [loaded]);
    world.models.release(1);
    await world.clock.advance(5);
    const before = view.of('loaded').length;
    const requestId = ask(view, 'unloadModel', 'm:1');
    await world.clock.advance(0);
    assert.ok(view.of('accepted').some((reply) => reply.requestId === requestId));
    assert.deepEqual(view.of('loaded').slice(before), [{ type: 'loaded', items: [] }]);
    assert.deepEqual(idle.of('loaded'), []);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('looks again when a model’s time is over, and only while somebody watches', async () => {
    const world = new HubWorld();
    const view = world.view();
    world.models.loaded = [{ name: 'm:1', size: 1, gpuSize: 0, expiresAt: world.clock.now() + 60_000 }];
    view.send({ type: 'listLoaded' });
    await world.clock.advance(59_000);
    world.models.loaded = [];
    assert.equal(view.of('loaded').length, 1);
    await world.clock.advance(2_000);
    assert.deepEqual(view.of('loaded').at(-1)?.items, []);
    world.models.loaded = [{ name: 'm:1', size: 1, gpuSize: 0, expiresAt: world.clock.now() + 60_000 }];
    view.leave();
    world.ask(world.view(), 'hi');
    await world.clock.advance(10);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('deletes a model and sends the list again, and says why it cannot', async () => {
    const world = new HubWorld();
    const view = world.view();
    view.send({ type: 'listModels' });
    ask(view, 'deleteModel', 'm:1');
    await world.clock.advance(0);
    assert.deepEqual(view.of('models').at(-1)?.items, []);
    ask(view, 'deleteModel', 'm:1');
    await world.clock.advance(0);
    assert.deepEqual(
      view.of('refused').map(({ error }) => error),
      ['ollamaModelMissing'],
    );
  });
});
