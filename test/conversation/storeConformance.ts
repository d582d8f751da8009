import assert from 'node:assert/strict';
import type { ConversationStore } from '../../src/conversation/ports.ts';
import { TunnelError, type ErrorCode } from '../../src/protocol/errors.ts';
import { idOf, sampleAnswer, sampleTurn } from './sampleTurns.ts';

export interface StoreUnderTest {
  readonly store: ConversationStore;
  /** Ends the store and opens it again, as the next start of the program would. */
  reopen(): ConversationStore;
  cleanUp(): void;
}

const code = (expected: ErrorCode) => (error: unknown) => error instanceof TunnelError && error.code === expected;
const all = { limit: 1000 };
const stats = { totalMs: 3, loadMs: 1, promptTokens: 2, promptMs: 1, answerTokens: 1, answerMs: 1, reason: 'stop' };

/** What every conversation store does. */
export function storeConformance(name: string, make: () => StoreUnderTest): void {
  describe(`conversation store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: ConversationStore;
    beforeEach(() => {
      under = make();
      store = under.store;
    });
    afterEach(() => {
      under.cleanUp();
    });
    const texts = (from = store): string[] => from.messages('owner', idOf('c'), all).messages.map(({ text }) => text);

    it('keeps a turn whole: question, answer, title and reply', () => {
      const turn = sampleTurn({ name: '1' });
      store.commitTurn(turn);
      const later = under.reopen();
      assert.deepEqual(later.messages('owner', idOf('c'), all), { messages: [turn.question, turn.answer], more: false });
      assert.deepEqual(later.conversation('owner', idOf('c')), {
        id: idOf('c'),
        title: 'title c',
        model: 'm:1',
        createdAt: 1000,
        updatedAt: 1000,
        running: true,
      });
      assert.deepEqual(later.replyTo('owner', turn.requestId), turn.reply);
    });

    it('keeps any text exactly, and every field of an answer', () => {
      const turn = sampleTurn({ name: '1', question: 'a\0b "\\" \u2028 😀 é \r\n\t' });
      store.commitTurn(turn);
      const stats = { totalMs: 9.5, loadMs: 1, promptTokens: 3, promptMs: 2, answerTokens: 4, answerMs: 3, reason: 'stop' };
      const text = `${'語😀\0'.repeat(50_000)}end`;
      const update = {
        text,
        state: 'interrupted',
        nextSequence: 7,
        stats,
        error: 'ollamaEndedEarly',
        errorDetail: 'why',
        standIn: true,
      } as const;
      store.updateAnswer(turn.answer.id, update);
      assert.deepEqual(under.reopen().messages('owner', idOf('c'), all).messages, [turn.question, { ...turn.answer, ...update }]);
    });

    it('keeps what was thought beside the text, as both grow, and searches it not', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      const id = idOf('a 1');
      const steps = [
        { thinking: 'let me ', thinkingMs: 5, text: '' },
        { thinking: 'let me see 😀', thinkingMs: 40, text: '' },
        { thinking: 'let me see 😀', thinkingMs: 60, text: 'answer ' },
        { thinking: 'let me see 😀', thinkingMs: 60, text: 'answer one' },
      ];
      const last = (from: ConversationStore): unknown => {
        const { text, thinking, thinkingMs } = from.messages('owner', idOf('c'), all).messages.at(-1) ?? {};
        return { thinking, thinkingMs, text };
      };
      for (const [n, step] of steps.entries()) {
        store.updateAnswer(id, { ...step, state: 'streaming', nextSequence: n });
        assert.deepEqual(last(store), step);
      }
      const later = under.reopen();
      assert.deepEqual(last(later), steps[3]);
      later.updateAnswer(id, { thinking: 'let me see 😀 again', thinkingMs: 70, text: 'answer one two', state: 'done', nextSequence: 5 });
      assert.deepEqual(last(later), { thinking: 'let me see 😀 again', thinkingMs: 70, text: 'answer one two' });
      assert.deepEqual(later.search('owner', 'again', 9), []);
      assert.equal(later.search('owner', 'two', 9).length, 1);

      later.commitTurn(sampleTurn({ name: '2' }));
      later.updateAnswer(idOf('a 2'), { thinking: 'half a thou', thinkingMs: 9, text: '', state: 'streaming', nextSequence: 0 });
      const last2 = under.reopen();
      last2.interruptRunning();
      assert.deepEqual(last(last2), { thinking: 'half a thou', thinkingMs: 9, text: '' });
      assert.equal('thinking' in (last2.messages('owner', idOf('c'), all).messages[0] ?? {}), false);
    });

    it('keeps settings by owner and conversation, before there is one and after it is deleted', () => {
      assert.deepEqual(store.settings('owner', idOf('c')), {});
      const settings = {
        systemPrompt: 'Be "brief".\n',
        temperature: 0.5,
        contextLength: 8192,
        keepAliveSeconds: -1,
        think: 'low',
      } as const;
      store.configure('owner', idOf('c'), { temperature: 1 });
      store.configure('owner', idOf('c'), settings);
      store.commitTurn(sampleTurn({ name: '1' }));
      assert.deepEqual(store.settings('other', idOf('c')), {});
      assert.deepEqual(store.settings('owner', idOf('d')), {});
      store.deleteConversation('owner', idOf('c'));
      const later = under.reopen();
      later.restoreConversation('owner', idOf('c'));
      assert.deepEqual(later.settings('owner', idOf('c')), settings);
      later.configure('owner', idOf('c'), {});
      assert.deepEqual(later.settings('owner', idOf('c')), {});
    });

    it('keeps saved prompts by owner and name, one for each id', () => {
      const prompt = (name: string, as = name) => ({ id: idOf(name), name: as, text: `"text" of\n${as} 😀` });
      for (const name of ['b', 'A', 'c']) store.prompts.save('owner', prompt(name));
      store.prompts.save('other', prompt('b', 'theirs'));
      store.prompts.save('owner', prompt('b', 'D'));
      store.prompts.delete('owner', idOf('c'));
      store.prompts.delete('owner', idOf('nobody'));
      const later = under.reopen();
      assert.deepEqual(later.prompts.list('owner'), [prompt('A'), prompt('b', 'D')]);
      assert.deepEqual(later.prompts.list('other'), [prompt('b', 'theirs')]);
    });

    it('goes on with an answer that has ended, if it is the end of the branch, once for a request', () => {
      for (const name of ['1', '2']) {
        store.commitTurn(sampleTurn({ name }));
        const stats = { totalMs: 1, loadMs: 1, promptTokens: 1, promptMs: 1, answerTokens: 1, answerMs: 1, reason: 'length' };
        store.updateAnswer(idOf(`a ${name}`), { text: 'one ', thinking: 'hm', thinkingMs: 3, state: 'done', nextSequence: 2, stats });
      }
      const again = (answerId: string, name = 'again', owner = 'owner') => ({
        ...{ requestId: idOf(name), owner, conversationId: idOf('c'), answerId },
        reply: { type: 'accepted', requestId: idOf(name), answerId } as const,
      });
      for (const other of [again(idOf('a 1')), again(idOf('q 2')), again(idOf('nobody')), again(idOf('a 2'), 'x', 'guest')])
        assert.throws(() => {
          store.continueAnswer(other);
        }, code('unknownMessage'));
      store.continueAnswer(again(idOf('a 2')));
      const { message } = store.message('owner', idOf('c'), idOf('a 2')) ?? assert.fail();
      assert.deepEqual(
        [message.state, message.text, message.thinking, message.nextSequence, message.stats],
        ['waiting', 'one ', 'hm', 2, undefined],
      );
      assert.deepEqual(store.replyTo('owner', idOf('again')), again(idOf('a 2')).reply);
      store.updateAnswer(idOf('a 2'), { text: 'one two ', thinking: 'hm', thinkingMs: 3, state: 'streaming', nextSequence: 3 });
      const later = under.reopen();
      assert.equal(later.interruptRunning(), 1);
      assert.equal(later.messages('owner', idOf('c'), all).messages.at(-1)?.text, 'one two ');
    });

    it('keeps checkpoints of a growing answer, and the whole text at its end', () => {
      const { answer, ...turn } = sampleTurn({ name: '1' });
      store.commitTurn({ ...turn, answer });
      store.updateAnswer(answer.id, { text: '', state: 'loading', nextSequence: 0 });
      store.updateAnswer(answer.id, { text: 'one ', state: 'streaming', nextSequence: 1 });
      store.updateAnswer(answer.id, { text: 'one two ', state: 'streaming', nextSequence: 2 });
      assert.equal(texts().at(-1), 'one two ');
      assert.equal(store.messages('owner', idOf('c'), all).messages.at(-1)?.nextSequence, 2);
      store.updateAnswer(answer.id, { text: 'one two three', state: 'done', nextSequence: 3 });
      assert.equal(texts(under.reopen()).at(-1), 'one two three');
    });

    it('turns running answers into interrupted ones with the text they had', () => {
      for (const name of ['1', '2', '3']) store.commitTurn(sampleTurn({ name }));
      store.updateAnswer(idOf('a 1'), { text: 'whole', state: 'done', nextSequence: 1 });
      store.updateAnswer(idOf('a 2'), { text: 'par', state: 'streaming', nextSequence: 1 });
      store.updateAnswer(idOf('a 2'), { text: 'part', state: 'streaming', nextSequence: 2 });
      const later = under.reopen();
      assert.equal(later.interruptRunning(), 2);
      assert.equal(later.interruptRunning(), 0);
      const answers = later.messages('owner', idOf('c'), all).messages.filter(({ role }) => role === 'assistant');
      assert.deepEqual(
        answers.map(({ state, text }) => [state, text]),
        [
          ['done', 'whole'],
          ['interrupted', 'part'],
          ['interrupted', ''],
        ],
      );
      assert.equal(later.conversation('owner', idOf('c'))?.running, false);
    });

    it('goes on with an answer it did not begin', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      store.updateAnswer(idOf('a 1'), { text: 'one ', state: 'streaming', nextSequence: 1 });
      const later = under.reopen();
      later.updateAnswer(idOf('a 1'), { text: 'one two ', state: 'streaming', nextSequence: 2 });
      assert.equal(texts(later).at(-1), 'one two ');
      later.updateAnswer(idOf('a 1'), { text: 'one two three', state: 'stopped', nextSequence: 3 });
      assert.equal(texts(later).at(-1), 'one two three');
      later.updateAnswer(idOf('unknown'), { text: 'x', state: 'done', nextSequence: 1 });
    });

    it('pages messages from the newest back, oldest first in each page', () => {
      for (let n = 1; n <= 5; n++) store.commitTurn(sampleTurn({ name: String(n), at: n }));
      const newest = store.messages('owner', idOf('c'), { limit: 3 });
      assert.deepEqual(
        newest.messages.map(({ id }) => id),
        [idOf('a 4'), idOf('q 5'), idOf('a 5')],
      );
      assert.ok(newest.more);
      const before = store.messages('owner', idOf('c'), { limit: 7, before: idOf('a 4') });
      assert.equal(before.messages.length, 7);
      assert.equal(before.messages[0]?.id, idOf('q 1'));
      assert.ok(!before.more);
      assert.deepEqual(store.messages('owner', idOf('c'), { limit: 7, before: idOf('q 1') }), { messages: [], more: false });
      assert.deepEqual(store.messages('owner', idOf('c'), { limit: 7, before: idOf('unknown') }), { messages: [], more: false });
    });

    it('lists conversations newest first, limited and from behind one', () => {
      for (const [index, name] of ['x', 'y', 'z'].entries()) store.commitTurn(sampleTurn({ name, conversation: name, at: index }));
      store.commitTurn(sampleTurn({ name: 'again', conversation: 'x', at: 9, model: 'm:2' }));
      const titles = (options?: { limit?: number; before?: string }): string[] =>
        store.listConversations('owner', options).map(({ title }) => title);
      assert.deepEqual(titles(), ['title x', 'title z', 'title y']);
      assert.deepEqual(titles({ limit: 2 }), ['title x', 'title z']);
      assert.deepEqual(titles({ limit: 2, before: idOf('z') }), ['title y']);
      assert.equal(store.conversation('owner', idOf('x'))?.model, 'm:2');
    });

    it('keeps owners apart in everything', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      assert.deepEqual(store.listConversations('guest'), []);
      assert.equal(store.conversation('guest', idOf('c')), undefined);
      assert.deepEqual(store.messages('guest', idOf('c'), all), { messages: [], more: false });
      assert.equal(store.replyTo('guest', idOf('r 1')), undefined);
      assert.throws(() => {
        store.commitTurn(sampleTurn({ name: '2', owner: 'guest' }));
      }, code('unknownConversation'));
      store.deleteConversation('guest', idOf('c'));
      assert.equal(texts().length, 2);
    });

    it('hides a deleted conversation, takes no more turns for it, and still knows its requests', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      store.deleteConversation('owner', idOf('c'));
      const later = under.reopen();
      assert.deepEqual(later.listConversations('owner'), []);
      assert.equal(later.conversation('owner', idOf('c')), undefined);
      assert.deepEqual(texts(later), []);
      assert.throws(() => {
        later.commitTurn(sampleTurn({ name: '2' }));
      }, code('unknownConversation'));
      assert.deepEqual(later.replyTo('owner', idOf('r 1')), sampleTurn({ name: '1' }).reply);
      assert.equal(later.replyTo('owner', idOf('r 2')), undefined);
    });

    const ids = (from = store): string[] => from.messages('owner', idOf('c'), all).messages.map(({ id }) => id);
    const named = (...names: string[]): string[] => names.map(idOf);

    it('keeps another answer beside the first and shows the newest branch, or the one that was chosen', () => {
      for (const name of ['1', '2']) store.commitTurn(sampleTurn({ name }));
      store.commitTurn(sampleAnswer('1b', '1'));
      assert.deepEqual(ids(), named('q 1', 'a 1b'));
      store.commitTurn(sampleTurn({ name: '3' }));
      assert.deepEqual(ids(), named('q 1', 'a 1b', 'q 3', 'a 3'));
      store.choose('owner', idOf('c'), idOf('a 1'));
      const later = under.reopen();
      assert.deepEqual(ids(later), named('q 1', 'a 1', 'q 2', 'a 2'));
      const { messages } = later.messages('owner', idOf('c'), all);
      assert.deepEqual(
        messages.map(({ siblings }) => siblings),
        [undefined, { position: 1, count: 2, next: idOf('a 1b') }, undefined, undefined],
      );
      later.choose('owner', idOf('c'), idOf('a 1b'));
      assert.deepEqual(ids(later), named('q 1', 'a 1b', 'q 3', 'a 3'));
      assert.deepEqual(later.message('owner', idOf('c'), idOf('a 1b'))?.message.siblings, { position: 2, count: 2, previous: idOf('a 1') });
    });

    it('keeps another version of a question beside the first, from the beginning on too', () => {
      for (const name of ['1', '2']) store.commitTurn(sampleTurn({ name }));
      store.commitTurn({ ...sampleTurn({ name: '2b' }), parentId: idOf('a 1') });
      assert.deepEqual(ids(), named('q 1', 'a 1', 'q 2b', 'a 2b'));
      store.commitTurn({ ...sampleTurn({ name: '1b' }), parentId: null });
      assert.deepEqual(ids(), named('q 1b', 'a 1b'));
      assert.equal(store.message('owner', idOf('c'), idOf('q 1b'))?.parentId, null);
      assert.equal(store.message('owner', idOf('c'), idOf('q 2'))?.parentId, idOf('a 1'));
      store.choose('owner', idOf('c'), idOf('q 1'));
      assert.deepEqual(ids(), named('q 1', 'a 1', 'q 2b', 'a 2b'));
      assert.deepEqual(
        store.messages('owner', idOf('c'), { limit: 2, before: idOf('q 2') }).messages.map(({ id }) => id),
        named('q 1', 'a 1'),
      );
    });

    it('takes no place for a turn, and chooses no branch, that is not in the conversation', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      store.commitTurn(sampleTurn({ name: 'x', conversation: 'other' }));
      assert.throws(() => {
        store.commitTurn(sampleAnswer('2', 'x'));
      }, code('unknownMessage'));
      for (const [owner, id] of [
        ['owner', 'q x'],
        ['owner', 'none'],
        ['guest', 'q 1'],
      ] as const) {
        assert.throws(() => {
          store.choose(owner, idOf('c'), idOf(id));
        }, code('unknownMessage'));
        assert.equal(store.message(owner, idOf('c'), idOf(id)), undefined);
      }
      assert.deepEqual(ids(), named('q 1', 'a 1'));
    });

    it('renames, deletes and takes out of the bin again', () => {
      for (const [index, name] of ['x', 'y', 'z'].entries()) store.commitTurn(sampleTurn({ name, conversation: name, at: index }));
      store.rename('owner', idOf('x'), 'better');
      store.rename('guest', idOf('y'), 'worse');
      for (const name of ['x', 'z']) store.deleteConversation('owner', idOf(name));
      const bin = (from = store): string[] => from.listDeleted('owner', 10).map(({ title }) => title);
      const later = under.reopen();
      assert.deepEqual(bin(later).toSorted(), ['better', 'title z']);
      assert.deepEqual(later.listDeleted('guest', 10), []);
      later.restoreConversation('owner', idOf('x'));
      assert.deepEqual(bin(later), ['title z']);
      assert.deepEqual(
        later.listConversations('owner').map(({ title }) => title),
        ['title y', 'better'],
      );
      for (const [owner, name] of [
        ['owner', 'x'],
        ['guest', 'z'],
        ['owner', 'none'],
      ] as const)
        assert.throws(() => {
          later.restoreConversation(owner, idOf(name));
        }, code('unknownConversation'));
    });

    it('finds messages by all their words, the last one begun, and only the owner’s own', () => {
      store.commitTurn(sampleTurn({ name: '1', question: 'How do I bake a Käsekuchen without flour?' }));
      store.commitTurn(sampleTurn({ name: '2', conversation: 'd', question: 'flour and water' }));
      store.commitTurn(sampleTurn({ name: '3', conversation: 'e', owner: 'guest', question: 'flour of another' }));
      store.updateAnswer(idOf('a 2'), { text: 'Mix the flour first, then bake it.', state: 'done', nextSequence: 1 });
      const found = (query: string, from = store): string[] => from.search('owner', query, 10).map(({ messageId }) => messageId);
      assert.deepEqual(found('flour').toSorted(), named('q 1', 'q 2', 'a 2').toSorted());
      assert.deepEqual(found('bake flou').toSorted(), named('q 1', 'a 2').toSorted());
      assert.deepEqual(found('fl bake'), []);
      for (const query of ['"flour" OR 1', 'text:flour', '*', '  ', '(', "flour' --"]) assert.doesNotThrow(() => found(query), query);
      store.deleteConversation('owner', idOf('d'));
      const later = under.reopen();
      assert.deepEqual(found('flour', later), named('q 1'));
      assert.equal(later.search('owner', 'flour', 10)[0]?.conversationId, idOf('c'));
    });

    it('remembers replies of requests that were no turns', () => {
      const reply = { type: 'refused', requestId: idOf('r'), error: 'busy' } as const;
      store.rememberReply('owner', idOf('r'), reply);
      assert.deepEqual(under.reopen().replyTo('owner', idOf('r')), reply);
    });

    it('gives a conversation out with all its branches, and takes one in whole or not at all', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      store.commitTurn(sampleAnswer('2', '1'));
      store.updateAnswer(idOf('a 2'), { text: 'second', state: 'done', nextSequence: 1 });
      const archive = store.archive('owner', idOf('c'));
      assert.ok(archive);
      assert.deepEqual(
        archive.messages.map(({ message, parentId }) => [message.id, parentId]),
        [
          [idOf('q 1'), null],
          [idOf('a 1'), idOf('q 1')],
          [idOf('a 2'), idOf('q 1')],
        ],
      );
      assert.equal(archive.headId, idOf('a 2'));
      for (const [owner, id] of [
        ['guest', 'c'],
        ['owner', 'none'],
      ] as const)
        assert.equal(store.archive(owner, idOf(id)), undefined);
      assert.throws(() => {
        store.addArchived('owner', idOf('copy'), archive);
      }, code('storeFailed'));
      assert.equal(store.conversation('owner', idOf('copy')), undefined);
      const renamed = new Map(
        archive.messages.map(({ message }) => [
          message.id,
          idOf(`n ${String(archive.messages.findIndex((one) => one.message === message))}`),
        ]),
      );
      const newIdOf = (id: string | null): string | null => (id === null ? null : (renamed.get(id) ?? null));
      const messages = archive.messages.map(({ message, parentId }) => ({
        message: { ...message, id: newIdOf(message.id) ?? '', ...(message.text === 'second' && { stats }) },
        parentId: newIdOf(parentId),
      }));
      store.addArchived('owner', idOf('copy'), { ...archive, headId: newIdOf(archive.headId) ?? '', messages });
      const later = under.reopen();
      const shown = later.messages('owner', idOf('copy'), all).messages;
      assert.deepEqual(
        shown.map(({ text }) => text),
        ['question 1', 'second'],
      );
      assert.deepEqual(shown[1]?.stats, stats);
      assert.equal(shown[1].siblings?.count, 2);
      assert.equal(later.search('owner', 'second', 10).length, 2);
      assert.deepEqual(later.messages('guest', idOf('copy'), all).messages, []);
    });

    it('finds what nobody has written in for long, whoever it belongs to, longest ago first', () => {
      const kept = (name: string, updatedAt: number, owner = 'owner'): void => {
        const conversation = { title: name, createdAt: 1, updatedAt, messages: [], headId: null };
        store.addArchived(owner, idOf(name), conversation as never);
      };
      kept('new', 500);
      kept('old', 300);
      kept('binned', 100);
      kept('older', 200, 'guest');
      store.deleteConversation('owner', idOf('binned'));
      const found = [
        { owner: 'guest', id: idOf('older') },
        { owner: 'owner', id: idOf('old') },
      ];
      assert.deepEqual(store.unwritten(500, 10), found);
      assert.deepEqual(store.unwritten(500, 1), found.slice(0, 1));
      assert.deepEqual(store.unwritten(200, 10), []);
    });

    it('keeps what is not past its time', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      store.deleteConversation('owner', idOf('c'));
      assert.equal(store.purge(), false);
      assert.equal(store.listDeleted('owner', 10).length, 1);
    });

    it('changes nothing when a request id comes twice', () => {
      store.commitTurn(sampleTurn({ name: '1' }));
      const twice = { ...sampleTurn({ name: '2' }), requestId: idOf('r 1') };
      assert.throws(() => {
        store.commitTurn(twice);
      }, code('storeFailed'));
      assert.equal(texts().length, 2);
    });
  });
}
