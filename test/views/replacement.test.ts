import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { Uri as RealUri } from 'vscode';
import { Emitter } from '../../src/base/emitter.ts';
import type { RelaySetting } from '../../src/protocol/agentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor, Uri } from '../fakes/vscode.ts';
const { Replacement } = await import('../../src/views/replacement.ts');

describe('an identity or a relay that was replaced', () => {
  const clock = new FakeClock();
  let changes: Emitter<undefined>;
  let control: { deviceId: string; relay: RelaySetting | undefined };
  let isAsked: boolean;
  const windows: { dispose(): void }[] = [];

  beforeEach(async () => {
    fakeEditor.reset();
    changes = new Emitter();
    control = { deviceId: 'one', relay: { origin: 'https://a.example' } };
    isAsked = false;
    await open();
  });
  afterEach(() => {
    for (const window of windows.splice(0)) window.dispose();
    assert.deepEqual([changes.listenerCount, clock.pendingTimers], [0, 0]);
  });

  async function open(role: 'leads' | 'follows' = 'leads'): Promise<void> {
    const folder = Uri.file('/storage') as unknown as RealUri;
    const seen = {
      role,
      get deviceId() {
        return control.deviceId;
      },
      get relay() {
        return control.relay;
      },
    };
    windows.push(new Replacement({ clock, control: seen, onDidChange: changes.event, isAsked: () => isAsked, folder }));
    await clock.settle();
  }
  async function change(to: Partial<typeof control>): Promise<void> {
    Object.assign(control, to);
    changes.fire(undefined);
    await clock.advance(2_000);
  }
  const texts = (): string[] => fakeEditor.messages.map(({ text }) => text);

  it('is told whoever did it, in one window, once, with what helps, whatever the setting', async () => {
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', 'off');
    await open('follows');
    await change({});
    assert.deepEqual(texts(), []);
    fakeEditor.person.message = (_text, [first]) => first;
    await change({ relay: { origin: 'https://b.example' } });
    assert.deepEqual(texts(), ['This computer uses another relay now: https://b.example in the place of https://a.example.']);
    await change({ deviceId: 'two' });
    assert.deepEqual(texts().slice(1), ['This computer has a new identity. Browsers and API keys of the old one no longer reach it.']);
    assert.deepEqual(fakeEditor.executed, ['cloudtolocalllm.setUpRelay', 'cloudtolocalllm.pairBrowser']);
    await change({});
    await open();
    assert.equal(texts().length, 2);
  });

  it('is told by the next window when none was open, though it follows another editor’s', async () => {
    for (const window of windows.splice(0)) window.dispose();
    Object.assign(control, { deviceId: 'two', relay: { origin: 'https://b.example' } });
    await open('follows');
    assert.deepEqual(texts(), []);
    await clock.advance(2_000);
    assert.equal(texts().length, 2);
  });

  it('is not told to who has just done it here, nor when a relay was forgotten, set for the first time, or nobody leads', async () => {
    isAsked = true;
    await change({ relay: { origin: 'https://b.example' } });
    isAsked = false;
    await change({ deviceId: '', relay: undefined });
    await change({ deviceId: 'one', relay: undefined });
    await change({ relay: { origin: 'https://c.example' } });
    assert.deepEqual(texts(), []);
  });

  it('is not told for a file that somebody else has written', async () => {
    for (const window of windows.splice(0)) window.dispose();
    for (const text of ['{', '[]', '{"device":1}', JSON.stringify({ device: 'x'.repeat(100) })]) {
      fakeEditor.files.set('file:///storage/known-device', new TextEncoder().encode(text));
      await open();
    }
    assert.deepEqual(texts(), []);
  });
});
