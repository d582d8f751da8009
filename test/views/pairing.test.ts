import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type * as vscode from 'vscode';
import { nullLogger } from '../../src/base/log.ts';
import { DisposableStore } from '../../src/base/disposable.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { fakeEditor, Uri } from '../fakes/vscode.ts';
const { Connection } = await import('../../src/views/connection.ts');
const { ConnectionIntent } = await import('../../src/views/connectionIntent.ts');
const { TrialRelay } = await import('../../src/views/trialRelay.ts');
const { Pairing } = await import('../../src/views/pairing.ts');
const { pairingBody } = await import('../../src/views/pairingPanel.ts');
const { answerPairingQuestions } = await import('../../src/views/pairingQuestions.ts');

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('pairing', () => {
  let control: FakeAgentControl;
  let pairing: InstanceType<typeof Pairing>;
  const owned = new DisposableStore();

  beforeEach(() => {
    fakeEditor.reset();
    const bus = new StatusBus();
    control = new FakeAgentControl(bus);
    control.relay = { origin: 'https://relay.example' };
    const agent = Promise.resolve({ control, createChatPort: () => assert.fail('no chat here'), chats: undefined as never });
    const connection = new Connection({
      agent,
      bus,
      intent: new ConnectionIntent(Uri.file('/storage') as unknown as vscode.Uri),
      clock: new FakeClock(),
      trial: new TrialRelay({ clock: new FakeClock(), prepare: () => assert.fail('no relay here') }),
      openGuide: () => assert.fail('no guide here'),
    });
    const extensionUri = Uri.file('/ext') as unknown as vscode.Uri;
    pairing = owned.add(new Pairing({ agent, connection, extensionUri, random: new SeededRandom(1), log: nullLogger }));
    owned.add(
      answerPairingQuestions(control, nullLogger, () => {
        pairing.close();
      }),
    );
  });
  afterEach(() => {
    owned.clear();
    assert.equal(control.pairings.listenerCount, 0);
    assert.equal(control.questions.listenerCount, 0);
  });

  it('connects first, then shows the link with what can be done with it', async () => {
    await pairing.start();
    assert.deepEqual(control.calls, ['connect', 'createOffer']);
    const panel = fakeEditor.panels[0];
    assert.ok(panel);
    assert.ok(panel.webview.html.includes('value="https://relay.example/#offer1"'));
    panel.webview.say({ type: 'copy' });
    assert.equal(fakeEditor.clipboard, 'https://relay.example/#offer1');
    panel.webview.say({ type: 'open' });
    assert.deepEqual(fakeEditor.opened, ['https://relay.example/#offer1']);
    panel.webview.say({ type: 'evaluate', link: 'https://evil.example' });
    assert.equal(fakeEditor.opened.length, 1);
  });

  it('shows no panel when the user leaves before there is a connection', async () => {
    control.relay = undefined;
    await pairing.start();
    assert.equal(fakeEditor.panels.length, 0);
  });

  it('renews the link in the same panel', async () => {
    await pairing.start();
    fakeEditor.panels[0]?.webview.say({ type: 'renew' });
    await settle();
    assert.equal(fakeEditor.panels.length, 1);
    assert.ok(fakeEditor.panels[0]?.webview.html.includes('#offer2'));
  });

  it('withdraws the offer when the panel is closed', async () => {
    await pairing.start();
    fakeEditor.panels[0]?.dispose();
    assert.deepEqual(control.calls.slice(2), ['cancelOffer']);
    await pairing.start();
    assert.equal(fakeEditor.panels.length, 2);
  });

  it('closes the panel and says so when a browser is paired', async () => {
    await pairing.start();
    control.clients = [{ id: 'c', name: 'Firefox on Android', kind: 'page', scope: 'chat', pairedAt: 0, online: true }];
    fakeEditor.person.message = (_text, [manage]) => manage;
    control.pairings.fire('c');
    assert.equal(fakeEditor.panels[0]?.disposed, true);
    assert.equal(control.calls.includes('cancelOffer'), false);
    assert.match(fakeEditor.messages[0]?.text ?? '', /Firefox on Android is paired/);
    await settle();
    assert.deepEqual(fakeEditor.messages[0]?.items, ['Manage']);
    assert.deepEqual(fakeEditor.executed, ['cloudtolocalllm.manageClients']);
  });

  for (const [button, person] of [
    ['Allow as My Own Browser', 'owner'],
    ['Allow as Another Person', 'guest'],
  ] as const)
    it(`asks natively, with six words, and lets a browser in with “${button}”`, async () => {
      fakeEditor.person.message = () => button;
      const asked = control.ask();
      assert.equal(await asked.answer, true);
      assert.equal(asked.person, person);
      const [question] = fakeEditor.messages;
      assert.equal(question?.modal, true);
      assert.equal(question.text, 'Firefox on Android wants to chat with your models.');
      assert.match(question.detail ?? '', /never sees yours[^]*one two three four five six/);
      assert.deepEqual(question.items, ['Deny', 'Allow as My Own Browser', 'Allow as Another Person']);
    });

  it('does not ask whose chats they are of who has none', async () => {
    fakeEditor.person.message = () => 'Allow';
    assert.equal(await control.ask({ scope: 'api' }).answer, true);
    assert.deepEqual(fakeEditor.messages[0]?.items, ['Deny', 'Allow']);
  });

  for (const [how, answer] of [
    ['says no', () => 'Deny'],
    ['dismisses the question', () => undefined],
    [
      'cannot be asked',
      () => {
        throw new Error('modal dialogs are refused');
      },
    ],
  ] as const)
    it(`keeps out a browser when the user ${how}`, async () => {
      fakeEditor.person.message = answer;
      assert.equal(await control.ask().answer, false);
    });

  it('takes the link away with a no, for it is used up', async () => {
    await pairing.start();
    assert.equal(await control.ask().answer, false);
    await settle();
    assert.equal(fakeEditor.panels[0]?.disposed, true);
  });

  it('asks one question at a time', async () => {
    let release: (answer: string) => void = () => undefined;
    fakeEditor.person.message = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const first = control.ask();
    const second = control.ask({ name: 'Safari' });
    await settle();
    assert.equal(fakeEditor.messages.length, 1);
    release('Allow as My Own Browser');
    assert.equal(await first.answer, true);
    await settle();
    release('Deny');
    assert.equal(await second.answer, false);
  });

  it('gives no answer to a question that is over', async () => {
    let release: (answer: string) => void = () => undefined;
    fakeEditor.person.message = (_text, _items, modal) => (modal ? new Promise((resolve) => (release = resolve)) : undefined);
    const asked = control.ask();
    let answered = false;
    void asked.answer.then(() => (answered = true));
    await settle();
    asked.end();
    release('Allow as My Own Browser');
    await settle();
    assert.equal(answered, false);
    assert.match(fakeEditor.messages.at(-1)?.text ?? '', /over before your answer/);
  });

  it('shows a QR code and a code to type, and says when no phone can use them', () => {
    const offer = { code: '01234-56789-ABCDE-FGHJK', expiresAt: 1 };
    const remote = pairingBody({ ...offer, link: 'https://relay.example/#pair=x' }, 'Desk');
    assert.match(remote, /<svg[^]*01234-56789-ABCDE-FGHJK/);
    assert.ok(remote.includes('Or type this code on https://relay.example') && !remote.includes('cannot reach'));
    assert.ok(pairingBody({ ...offer, link: 'http://127.0.0.1:8787/#pair=x' }, 'Desk').includes('a phone cannot reach it'));
  });

  it('escapes names and links in the panel', () => {
    const body = pairingBody({ link: 'https://relay.example/#"><script>', code: '<script>', expiresAt: 1 }, '<img src=x>');
    assert.ok(!body.includes('<script') && !body.includes('<img'));
  });
});
