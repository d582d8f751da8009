import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';

const code = (expected: string) => (error: unknown) => error instanceof TunnelError && error.code === expected;

describe('hub: export and import', () => {
  it('gives a chat out and takes it in again beside the first, and views hear of it', async () => {
    const world = new HubWorld({ answer: () => ({ pieces: ['forty', '-two'] }) });
    const view = world.view();
    world.ask(view, 'What is it?');
    await world.clock.advance(1_000);
    const markdown = world.hub.transfer.exportChat('owner', idOf('c'), 'markdown');
    assert.match(markdown, /^# What is it\?\n[^]*## You\n\nWhat is it\?\n\n## m:1\n\nforty-two\n$/);
    const json = world.hub.transfer.exportChat('owner', idOf('c'), 'json');
    view.send({ type: 'listConversations' });
    const before = view.of('conversations').length;
    const imported = world.hub.transfer.importChats('owner', json);
    await world.clock.advance(10);
    assert.deepEqual(await imported, { added: 1, skipped: 0, left: 0 });
    assert.ok(view.of('conversations').length > before);
    const items = view.of('conversations').at(-1)?.items ?? [];
    assert.equal(items.length, 2);
    const copy = items.find(({ id }) => id !== idOf('c'))?.id ?? '';
    assert.equal(world.hub.transfer.exportChat('owner', copy, 'markdown'), markdown);
    world.hub.dispose();
  });

  it('gives nobody another owner’s chat, and takes nothing from a file it cannot read', async () => {
    const world = new HubWorld();
    world.ask(world.view(), 'mine');
    await world.clock.advance(1_000);
    assert.throws(() => world.hub.transfer.exportChat('guest', idOf('c'), 'json'), code('unknownConversation'));
    await assert.rejects(world.hub.transfer.importChats('owner', '{"some":"thing"}'), code('importFailed'));
    assert.equal(world.store.listConversations('owner').length, 1);
    world.hub.dispose();
  });
});
