import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type { ConnectionStatusEvent, StatusEventBus } from '../../src/protocol/status.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { Notifications } = await import('../../src/views/notifications.ts');

describe('Notifications', () => {
  let clock: FakeClock;
  let bus: StatusEventBus;
  let notifications: InstanceType<typeof Notifications>;

  function publish(state: ConnectionStatusEvent['state'], error?: ConnectionStatusEvent['error']): void {
    bus.publishStatus({ state, timestamp: clock.now(), ...(error === undefined ? {} : { error }) });
  }
  const texts = (): string[] => fakeEditor.messages.map(({ text }) => text);

  beforeEach(() => {
    fakeEditor.reset();
    clock = new FakeClock();
    bus = new StatusBus();
    publish('error', 'inviteRefused');
    notifications = new Notifications(bus, clock);
  });
  afterEach(() => {
    notifications.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('tells an error that needs the user, with the button that mends it, at most once a minute', async () => {
    assert.deepEqual(texts(), []);
    fakeEditor.person.message = () => 'Set Up Relay…';
    publish('error', 'inviteExpired');
    publish('connecting');
    publish('error', 'inviteExpired');
    await clock.settle();
    assert.equal(fakeEditor.messages.length, 1);
    assert.match(texts()[0] ?? '', /invite has expired/);
    assert.deepEqual(fakeEditor.executed, ['cloudtolocalllm.setUpRelay']);
    await clock.advance(60_000);
    publish('error', 'replaced');
    assert.equal(fakeEditor.messages.length, 2);
    assert.deepEqual(fakeEditor.messages[1]?.items, ['Use Here']);
  });

  it('keeps quiet about an error that the user is waiting for', async () => {
    await notifications.whileAsked(() => {
      publish('error', 'inviteExpired');
      return Promise.resolve();
    });
    assert.deepEqual(texts(), []);
    publish('error', 'inviteExpired');
    assert.equal(texts().length, 1);
  });

  it('tells of a loss of more than ten seconds and of its end only when all is wanted', async () => {
    const lose = async (): Promise<void> => {
      publish('reconnecting', 'relayUnreachable');
      await clock.advance(4_000);
      publish('reconnecting', 'relayUnreachable');
      await clock.advance(7_000);
      publish('connected');
    };
    publish('connected');
    await lose();
    assert.deepEqual(texts(), []);
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', 'all');
    await lose();
    assert.deepEqual(texts(), ['The connection to the relay is lost. Connecting anew.', 'Connected to the relay again.']);
  });

  it('says nothing of a short loss', async () => {
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', 'all');
    publish('connected');
    publish('reconnecting');
    await clock.advance(9_000);
    publish('connected');
    await clock.advance(60_000);
    assert.deepEqual(texts(), []);
  });

  it('tells of a model that has come only when all is wanted, once a minute', async () => {
    notifications.tellPulled('qwen3:8b');
    assert.deepEqual(texts(), []);
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', 'all');
    notifications.tellPulled('qwen3:8b');
    notifications.tellPulled('gemma3:4b');
    assert.deepEqual(texts(), ['qwen3:8b is there: it can be chosen for a chat.']);
    await clock.advance(60_000);
    notifications.tellPulled('gemma3:4b');
    assert.equal(texts().length, 2);
  });

  it('knows for a while after the user has asked for something that it was them', async () => {
    assert.equal(notifications.isAsked, false);
    const asked = notifications.whileAsked(() => clock.advance(60_000));
    assert.equal(notifications.isAsked, true);
    await asked;
    await clock.advance(4_000);
    assert.equal(notifications.isAsked, true);
    await clock.advance(2_000);
    assert.equal(notifications.isAsked, false);
  });

  it('says nothing at all when off', async () => {
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', 'off');
    publish('error', 'certificate');
    publish('reconnecting');
    await clock.advance(20_000);
    publish('connected');
    assert.deepEqual(texts(), []);
  });
});
