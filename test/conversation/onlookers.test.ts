import assert from 'node:assert/strict';
import type { ChatPeer } from '../../src/conversation/chatPeer.ts';
import { OnlookerFeed, othersLooking, type Onlooker } from '../../src/conversation/onlookers.ts';
import { helloRequest, type HubReply } from '../../src/protocol/chat.ts';
import { MAX_VIEWER_NAMES } from '../../src/protocol/limits.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { idOf } from '../ui/talk.ts';
import { HubWorld } from './hubWorld.ts';
import type { TestView } from './testView.ts';

const [here, there] = [idOf('here'), idOf('there')];
const looker = (name: string | undefined, open: readonly string[], more: Partial<ChatPeer> = {}): Onlooker => ({
  peer: { owner: 'anna', scope: 'chat', ...(name === undefined ? {} : { name }), ...more },
  isLookingAt: (id) => open.includes(id),
});

describe('who else looks at a chat', () => {
  const self = looker('Firefox', [here]);

  it('names others of the same owner that have it open and are at their line, each name once', () => {
    const all = [
      self,
      looker('VS Code', [here, there]),
      looker('Phone', [here]),
      looker('Phone', [here]),
      looker('Elsewhere', [there]),
      looker('Gone', [here], { isHere: () => false }),
      looker('Guest', [here], { owner: 'ben' }),
      looker(undefined, [here]),
    ];
    assert.deepEqual(othersLooking(all, self, here), ['Phone', 'VS Code']);
  });

  it('names no more than a few', () => {
    const many = Array.from({ length: 3 * MAX_VIEWER_NAMES }, (_, at) => looker(`Tab ${String(at)}`, [here]));
    assert.equal(othersLooking(many, self, here).length, MAX_VIEWER_NAMES);
  });

  it('tells news alone, to those who want it, and again to a view that begins anew', () => {
    let names: readonly string[] = [];
    const feed = new OnlookerFeed(() => names);
    const told = (): HubReply[] => {
      const replies: HubReply[] = [];
      for (let reply = feed.next({ open: [here] }); reply; reply = feed.next({ open: [here] })) replies.push(reply);
      return replies;
    };
    names = ['Phone'];
    feed.changed();
    assert.deepEqual(told(), []);
    feed.begin();
    assert.deepEqual(told(), [{ type: 'viewers', conversationId: here, names: ['Phone'] }]);
    feed.changed();
    assert.deepEqual(told(), []);
    feed.forget(here);
    feed.changed();
    assert.equal(told().length, 1);
    names = [];
    feed.changed();
    assert.deepEqual(told(), [{ type: 'viewers', conversationId: here, names: [] }]);
  });
});

describe('hub: who else looks', () => {
  it('tells a view of others that open its chat, go elsewhere or leave, and nothing to a view that does not ask', () => {
    const world = new HubWorld();
    const phone = world.view({ name: 'Phone' });
    const old = world.view({ name: 'Old' }, { hello: false });
    old.send({ type: 'hello', version: 1, oldest: 1 });
    const panel = world.view({ name: 'VS Code' });
    for (const view of [phone, old]) view.open(here);
    const told = (view: TestView): (readonly string[])[] => view.of('viewers').map(({ names }) => names);
    assert.deepEqual(told(phone), [['Old']]);
    panel.open(here);
    panel.open(here);
    assert.deepEqual(told(phone).at(-1), ['Old', 'VS Code']);
    assert.deepEqual(told(panel), [
      ['Old', 'Phone'],
      ['Old', 'Phone'],
    ]);
    panel.send({ type: 'close', conversationId: here });
    assert.deepEqual(told(phone).at(-1), ['Old']);
    old.leave();
    assert.deepEqual(told(phone).at(-1), []);
    assert.equal(told(phone).length, 4);
    assert.deepEqual(told(old), []);
  });

  it('names a page only while its line stands, though the device keeps its stream for ten minutes', async () => {
    const world = new AgentWorld();
    await world.start();
    const panel = world.agent.createChatPort();
    let names: readonly string[] = [];
    panel.onReply((reply) => {
      if (reply.type === 'viewers') ({ names } = reply);
    });
    panel.send(helloRequest);
    panel.send({ type: 'open', conversationId: here });
    const page = await world.client();
    page.port.send({ type: 'open', conversationId: here });
    await world.clock.advance(100);
    assert.deepEqual(names, ['Test']);
    assert.deepEqual(
      page.replies.findLast(({ type }) => type === 'viewers'),
      { type: 'viewers', conversationId: here, names: ['VS Code'] },
    );
    page.tunnel.supervisor.disconnect();
    await world.clock.advance(1_000);
    assert.deepEqual(names, []);
    page.tunnel.supervisor.start();
    await world.clock.advance(1_000);
    assert.deepEqual(names, ['Test']);
    panel.dispose();
    world.dispose();
  });
});
