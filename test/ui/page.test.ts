import assert from 'node:assert/strict';
import { formatRoute, parseRoute } from '../../src/web/route.ts';
import { TabStorage } from '../../src/web/tabStorage.ts';
import { groupByDate } from '../../src/ui/dateGroups.ts';
import { Frames } from '../../src/ui/frames.ts';
import { transcriptRows } from '../../src/ui/components/transcriptRows.ts';
import { emptyModel } from '../../src/ui/chatModel.ts';
import { reduceChat } from '../../src/ui/reduceChat.ts';
import { answer, chat, idOf, question, snapshot } from './talk.ts';

describe('routes', () => {
  it('come back as they were written; what is unknown is home', () => {
    for (const route of [{ kind: 'home' }, { kind: 'chat', conversationId: chat }] as const)
      assert.deepEqual(parseRoute(formatRoute(route)), route);
    for (const fragment of ['', '#', '#/x', '#/c/', '#/c/short', `#/c/${chat}/x`, '#pair=1'])
      assert.deepEqual(parseRoute(fragment), { kind: 'home' });
  });
});

describe('tab storage', () => {
  it('keeps what it can and never throws', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
    const tab = new TabStorage('c2l.view', () => storage);
    tab.save({ drafts: { [chat]: 'x' } });
    assert.deepEqual(tab.load(), { drafts: { [chat]: 'x' } });
    kept.set('c2l.view', '{');
    assert.equal(tab.load(), undefined);
    const forbidden = new TabStorage('c2l.view', () => {
      throw new Error('SecurityError');
    });
    forbidden.save({ drafts: {} });
    assert.equal(forbidden.load(), undefined);
  });
});

describe('groups of chats', () => {
  it('follow the days of the calendar, newest first, without empty ones', () => {
    const now = new Date(2026, 10, 15, 9, 30).getTime();
    const item = (title: string, ...date: [number, number, number]) => {
      const updatedAt = new Date(2026, ...date).getTime();
      return { id: idOf(title), title, createdAt: updatedAt, updatedAt, running: false };
    };
    const groups = groupByDate(
      [item('old', 1, 1, 12), item('late yesterday', 10, 14, 23), item('today', 10, 15, 0), item('week', 10, 9, 12)],
      now,
    );
    assert.deepEqual(
      groups.map(({ label, items }) => [label, items.map(({ title }) => title)]),
      [
        ['Today', ['today']],
        ['Yesterday', ['late yesterday']],
        ['Last 7 days', ['week']],
        ['Older', ['old']],
      ],
    );
  });
});

describe('frames', () => {
  it('run each task once a frame, and none that was cancelled', () => {
    const callbacks: FrameRequestCallback[] = [];
    const frames = new Frames({ requestAnimationFrame: (callback) => callbacks.push(callback) });
    const ran: string[] = [];
    const a = (): void => void ran.push('a');
    const b = (): void => void ran.push('b');
    for (let i = 0; i < 5; i++) frames.request(a);
    frames.request(b);
    frames.cancel(b);
    assert.equal(callbacks.length, 1);
    callbacks[0]?.(0);
    frames.request(b);
    assert.equal(callbacks.length, 2);
    callbacks[1]?.(16);
    assert.deepEqual(ran, ['a', 'b']);
  });
});

describe('rows of the transcript', () => {
  it('number questions and answers each on their own, those on their way included', () => {
    let model = emptyModel(chat, { state: 'connected' });
    const hear = (action: Parameters<typeof reduceChat>[1]): void => {
      model = reduceChat(model, action).model;
    };
    hear({ type: 'reply', reply: { type: 'models', items: [{ name: 'qwen3:8b' }] }, now: 0 });
    hear({ type: 'reply', reply: snapshot(2, [question('q1'), answer('a1', 'done', 'x')]), now: 0 });
    hear({ type: 'draft', text: 'more' });
    hear({ type: 'send', requestId: idOf('r') });
    assert.deepEqual(
      transcriptRows(model, 0).map(({ label }) => label),
      ['You, message 1 of 2', 'qwen3:8b, answer 1 of 2', 'You, message 2 of 2', 'qwen3:8b, answer 2 of 2'],
    );
    assert.equal(transcriptRows(model, 0)[2]?.note, 'Sending…');
    hear({ type: 'status', status: { state: 'reconnecting', error: 'deviceOffline' } });
    const offline = transcriptRows(model, 0);
    assert.equal(offline.length, 3);
    assert.equal(offline[2]?.note, 'Sent, not confirmed yet');
  });
});
