import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type * as vscode from 'vscode';
import type { PairedClient } from '../../src/protocol/agentControl.ts';
import type { Diagnosis, DiagnosisHop } from '../../src/protocol/diagnosis.ts';
import { TunnelError, type ErrorCode } from '../../src/protocol/errors.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor, Uri } from '../fakes/vscode.ts';
const { Connection } = await import('../../src/views/connection.ts');
const { TrialRelay } = await import('../../src/views/trialRelay.ts');
const { ConnectionIntent } = await import('../../src/views/connectionIntent.ts');
const { applyRelaySetting, startConnection } = await import('../../src/views/startConnection.ts');
const { nullLogger } = await import('../../src/base/log.ts');

const launch = {
  origin: 'http://127.0.0.1:8787',
  invite: 'trial.1.x',
  program: '/editor/node',
  args: ['/ext/dist/cli.mjs', 'relay'],
  environment: { C2L_SECRET: 'of this run' },
};

function failing(hop: DiagnosisHop, error: ErrorCode, detail?: string): Diagnosis {
  return { startedAt: 0, tookMs: 0, hops: [{ hop, outcome: 'failed', ms: 1, error, ...(detail === undefined ? {} : { detail }) }] };
}

const allWell: Diagnosis = { startedAt: 0, tookMs: 0, hops: [] };

const phone: PairedClient = { id: 'a', name: 'Phone', kind: 'page', scope: 'chat', pairedAt: 0, online: true };

describe('Connection', () => {
  let control: FakeAgentControl;
  let connection: InstanceType<typeof Connection>;
  let intent: InstanceType<typeof ConnectionIntent>;
  let clock: FakeClock;
  let trial: InstanceType<typeof TrialRelay>;
  let guides: number;

  /** Chooses the way that is called so, and types one text after the other. */
  const setUp = (way: string, ...typed: string[]): void => {
    fakeEditor.person.pick = (items) => items.find(({ label }) => label.includes(way));
    fakeEditor.person.input = () => typed.shift();
  };

  beforeEach(() => {
    fakeEditor.reset();
    guides = 0;
    const bus = new StatusBus();
    clock = new FakeClock();
    control = new FakeAgentControl(bus);
    intent = new ConnectionIntent(Uri.file('/storage') as unknown as vscode.Uri);
    const agent = Promise.resolve({ control, createChatPort: () => assert.fail('no chat here'), chats: undefined as never });
    trial = new TrialRelay({ clock, prepare: () => Promise.resolve(launch) });
    const openGuide = (): Promise<unknown> => Promise.resolve(guides++);
    connection = new Connection({ agent, bus, intent, clock, trial, openGuide });
    trial.onDidChange(({ ended }) => {
      if (ended !== undefined) void connection.trialEnded(ended);
    });
  });
  afterEach(() => {
    trial.dispose();
    assert.equal(fakeEditor.closedTerminals.listeners.size, 0);
    assert.equal(clock.pendingTimers, 0);
  });

  it('leads to setting up a relay when there is none: looks at it, asks for the invite it wants, stores both, then connects', async () => {
    setUp('Address', 'https://relay.example/', ' anna.1.x ');
    control.onProbe = (_, invite) => Promise.resolve(invite === undefined ? failing('admission', 'inviteRequired') : allWell);
    assert.equal(await connection.connect(), true);
    assert.deepEqual(control.calls, [
      'probe https://relay.example',
      'probe https://relay.example anna.1.x',
      'setRelay https://relay.example anna.1.x',
      'connect',
    ]);
    assert.equal(fakeEditor.userSettings.get('cloudtolocalllm.relay.url'), 'https://relay.example');
    assert.deepEqual([fakeEditor.inputs[1]?.password, fakeEditor.inputs[1]?.prompt?.includes('relay.example')], [true, true]);
    assert.equal(connection.isUp, true);
    assert.deepEqual(fakeEditor.progress, ['Looking at relay.example', 'Looking at relay.example']);
  });

  it('asks an open relay for no invite', async () => {
    setUp('Address', 'relay.example');
    await connection.setUpRelay();
    assert.deepEqual(control.calls, ['probe https://relay.example', 'setRelay https://relay.example', 'connect']);
    assert.equal(fakeEditor.inputs.length, 1);
  });

  it('takes a join link without asking for the invite again', async () => {
    setUp('Address', 'https://relay.example/join#anna.1.x');
    await connection.setUpRelay();
    assert.equal(fakeEditor.inputs.length, 1);
    assert.deepEqual(control.calls.slice(1), ['setRelay https://relay.example anna.1.x', 'connect']);
  });

  it('says what is wrong with an invite where the next one is typed', async () => {
    setUp('Address', 'https://relay.example/join#anna.1.x', 'anna.2.y');
    control.onProbe = (_, invite) => Promise.resolve(invite === 'anna.1.x' ? failing('admission', 'inviteExpired') : allWell);
    await connection.setUpRelay();
    assert.match(fakeEditor.inputs[1]?.prompt ?? '', /^The invite has expired\. Ask/);
    assert.deepEqual(control.calls.slice(2), ['setRelay https://relay.example anna.2.y', 'connect']);
  });

  for (const [words, found] of [
    [
      /no CloudToLocalLLM relay at this address: another program answers there\. .*Check the address/,
      failing('relay', 'relayNotFound', 'another program answers there'),
    ],
    [/relay is older than this program.*Have its operator update it/, failing('link', 'relayVersion')],
    [/relay is newer than this program.*Update this program/, failing('link', 'programOlder')],
    [/certificate is not valid: it has expired\. .*tell the relay’s operator/, failing('certificate', 'certificate', 'it has expired')],
    [
      /cannot be reached: the name relay\.example does not exist\. .*Check the address, that the relay runs/,
      failing('network', 'relayUnreachable', 'the name relay.example does not exist'),
    ],
    [
      /no WebSocket gets through/,
      failing('link', 'relayNotFound', 'it answers, but no WebSocket gets through; a proxy before it must pass the upgrade on'),
    ],
    [/does not accept this device’s proof/, failing('admission', 'proofRefused')],
  ] as const)
    it(`stores no relay that fails, and names what fails: ${String(words)}`, async () => {
      control.relay = { origin: 'https://old.example', invite: 'anna.0.w' };
      setUp('Address', 'relay.example');
      control.onProbe = () => Promise.resolve(found);
      await connection.setUpRelay();
      const [shown] = fakeEditor.messages;
      assert.match(`${shown?.text ?? ''} ${shown?.detail?.replace(/\n+/g, ' ') ?? ''}`, words);
      assert.match(shown?.detail ?? '', /Nothing was changed/);
      assert.equal(shown?.modal, true);
      assert.deepEqual([control.calls, fakeEditor.userSettings.size], [['probe https://relay.example'], 0]);
      assert.equal(control.relay.origin, 'https://old.example');
    });

  it('lets an address that fails be changed or looked at again', async () => {
    const found = [failing('network', 'relayUnreachable'), failing('network', 'relayUnreachable'), allWell];
    control.onProbe = () => Promise.resolve(found.shift() ?? allWell);
    setUp('Address', 'relya.example', 'relay.example');
    const presses = ['Look Again', 'Change Address'];
    fakeEditor.person.message = () => presses.shift();
    await connection.setUpRelay();
    assert.deepEqual(control.calls.slice(0, 4), [
      'probe https://relya.example',
      'probe https://relya.example',
      'probe https://relay.example',
      'setRelay https://relay.example',
    ]);
    assert.equal(fakeEditor.inputs[1]?.value, 'https://relya.example');
  });

  it('stores nothing when the look is cancelled', async () => {
    setUp('Address', 'relay.example');
    control.onProbe = (_address, _invite, { signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => {
          resolve({ startedAt: 0, tookMs: 0, hops: [{ hop: 'network', outcome: 'skipped', why: 'cancelled' }] });
        });
      });
    const asked = connection.connect();
    await clock.settle();
    fakeEditor.cancelProgress();
    assert.equal(await asked, false);
    assert.deepEqual([control.calls, fakeEditor.messages], [['probe https://relay.example'], []]);
  });

  it('looks at the relay of a join link before it takes the place of another', async () => {
    control.relay = { origin: 'https://old.example' };
    control.onProbe = () => Promise.resolve(failing('admission', 'inviteRefused'));
    await connection.join({ origin: 'https://relay.example', invite: 'x' });
    assert.deepEqual([control.calls, control.relay.origin], [['probe https://relay.example x'], 'https://old.example']);
  });

  it('says what is wrong with an address while it is typed', async () => {
    setUp('Address');
    await connection.connect();
    const validate = fakeEditor.inputs[0]?.validateInput;
    assert.match(validate?.('http://relay.example') ?? '', /https/);
    assert.equal(validate?.('relay.example'), undefined);
  });

  it('opens the guide for a relay on a server, and changes nothing', async () => {
    setUp('Server');
    assert.equal(await connection.connect(), false);
    assert.deepEqual([guides, control.calls], [1, []]);
  });

  it('changes nothing when the user leaves the set-up', async () => {
    assert.equal(await connection.connect(), false);
    setUp('Address');
    assert.equal(await connection.connect(), false);
    setUp('Address', 'relay.example');
    control.onProbe = () => Promise.resolve(failing('admission', 'inviteRequired'));
    assert.equal(await connection.connect(), false);
    assert.deepEqual(control.calls, ['probe https://relay.example']);
    assert.equal(fakeEditor.files.size, 0);
  });

  describe('over a trial relay', () => {
    it('starts it in a visible terminal that sees nothing but what it needs, waits until it takes devices in, and connects', async () => {
      const found = [failing('network', 'relayUnreachable'), allWell];
      control.onProbe = () => Promise.resolve(found.shift() ?? allWell);
      setUp('Trial');
      const connected = connection.connect();
      await clock.advance(400);
      assert.equal(await connected, true);
      const terminal = fakeEditor.terminals[0] ?? assert.fail();
      assert.equal(terminal.shown, 1);
      const { name: _, iconPath: __, ...options } = terminal.creationOptions as unknown as Record<string, unknown>;
      assert.deepEqual(options, {
        shellPath: launch.program,
        shellArgs: launch.args,
        env: launch.environment,
        strictEnv: true,
        isTransient: true,
      });
      assert.deepEqual(control.calls.slice(-2), ['setRelay http://127.0.0.1:8787 trial.1.x', 'connect']);
      assert.equal(await intent.connectAtStart(), false, 'it is not there at the next start');
    });

    it('ends with its terminal, and then the connection is ended too, not tried again and again', async () => {
      await connection.startTrial();
      assert.equal(trial.isRunning, true);
      fakeEditor.terminals[0]?.dispose();
      await clock.settle();
      assert.equal(trial.isRunning, false);
      assert.equal(control.calls.at(-1), 'disconnect');
      assert.equal(control.bus.current.state, 'disconnected');
    });

    it('leaves a connection to another relay alone when it ends', async () => {
      await connection.startTrial();
      await connection.join({ origin: 'https://relay.example' });
      trial.stop();
      await clock.settle();
      assert.equal(fakeEditor.terminals[0]?.closed, true);
      assert.ok(!control.calls.includes('disconnect'));
    });

    it('asks before it takes the place of a relay elsewhere', async () => {
      control.relay = { origin: 'https://relay.example', invite: 'anna.1.x' };
      await connection.startTrial();
      assert.deepEqual([fakeEditor.terminals.length, control.calls], [0, []]);
      assert.match(fakeEditor.messages[0]?.detail ?? '', /relay\.example/);
      fakeEditor.person.message = () => 'Start Trial Relay';
      await connection.startTrial();
      assert.equal(control.relay.origin, launch.origin);
    });

    it('says that it did not come up when its terminal is closed first', async () => {
      control.onProbe = () => Promise.resolve(failing('network', 'relayUnreachable'));
      const started = assert.rejects(connection.startTrial(), /its terminal says why/);
      await clock.settle();
      fakeEditor.terminals[0]?.dispose();
      await clock.advance(400);
      await started;
      assert.ok(!control.calls.some((call) => call.startsWith('setRelay')));
    });

    it('says so after a while when it never listens', async () => {
      control.onProbe = () => Promise.resolve(failing('network', 'relayUnreachable'));
      const started = assert.rejects(connection.startTrial(), /its terminal says why/);
      await clock.advance(16_000);
      await started;
    });
  });

  it('shows a connection that takes its time, and lets the user cancel it, which is a disconnect and is remembered', async () => {
    control.relay = { origin: 'https://relay.example' };
    control.onConnect = (signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new TunnelError('cancelled'));
        });
      });
    const connected = connection.connect();
    await clock.advance(900);
    assert.equal(fakeEditor.progress.length, 0);
    await clock.advance(200);
    assert.deepEqual(fakeEditor.progress, ['Connecting to relay.example']);
    fakeEditor.cancelProgress();
    assert.equal(await connected, false);
    assert.deepEqual(control.calls, ['connect', 'disconnect']);
    assert.equal(await intent.connectAtStart(), false);
  });

  it('shows no progress for a connection that is there at once', async () => {
    control.relay = { origin: 'https://relay.example' };
    assert.equal(await connection.connect(), true);
    await clock.advance(5_000);
    assert.equal(fakeEditor.progress.length, 0);
    assert.equal(clock.pendingTimers, 0);
  });

  it('hands on a refusal that needs the user', async () => {
    control.relay = { origin: 'https://relay.example' };
    control.onConnect = () => Promise.reject(new TunnelError('inviteRefused'));
    await assert.rejects(connection.connect(), (error) => error instanceof TunnelError && error.code === 'inviteRefused');
  });

  it('forgets a relay only when told twice, says what is lost and what is kept, and does not come back to it by its setting', async () => {
    await connection.join({ origin: 'https://relay.example', invite: 'anna.1.x' });
    control.calls.length = 0;
    await connection.forgetRelay();
    assert.deepEqual(control.calls, []);
    const [asked] = fakeEditor.messages;
    assert.deepEqual([asked?.modal, asked?.text], [true, 'Forget the relay relay.example?']);
    assert.match(asked?.detail ?? '', /address of the relay and your invite are deleted.*\n\nPaired browsers, API keys and chats are kept/);
    fakeEditor.person.message = () => 'Forget Relay';
    await connection.forgetRelay();
    await applyRelaySetting(control, nullLogger);
    assert.deepEqual([control.calls, control.relay], [['forgetRelay'], undefined]);
    assert.equal(fakeEditor.userSettings.get('cloudtolocalllm.relay.url'), '');
    assert.equal(await intent.connectAtStart(), false);
  });

  it('ends a trial relay that is forgotten', async () => {
    await connection.startTrial();
    fakeEditor.person.message = () => 'Forget Relay';
    await connection.forgetRelay();
    assert.deepEqual([fakeEditor.terminals[0]?.closed, control.relay], [true, undefined]);
  });

  it('asks before it disconnects browsers, once', async () => {
    control.clients = [phone];
    await connection.disconnect();
    assert.deepEqual(control.calls, []);
    assert.equal(fakeEditor.messages[0]?.modal, true);
    fakeEditor.person.message = () => 'Disconnect';
    await connection.disconnect();
    assert.deepEqual(control.calls, ['disconnect']);
  });

  it('disconnects without asking when nobody uses it, and remembers', async () => {
    await intent.remember(true);
    control.clients = [{ ...phone, online: false }];
    await connection.disconnect();
    assert.deepEqual(control.calls, ['disconnect']);
    assert.equal(await intent.connectAtStart(), false);
  });

  it('reconnects at once, and from an error connects anew', async () => {
    control.relay = { origin: 'https://relay.example' };
    control.publish({ state: 'reconnecting' });
    await connection.reconnect();
    control.publish({ state: 'error', error: 'replaced' });
    await connection.reconnect();
    assert.deepEqual(control.calls, ['reconnect', 'connect']);
  });

  for (const [mode, wanted, connects] of [
    ['remember', true, true],
    ['remember', false, false],
    ['remember', undefined, false],
    ['always', false, true],
    ['never', true, false],
  ] as const)
    it(`${connects ? 'connects' : 'stays apart'} at start with autoConnect ${mode} after ${String(wanted)}`, async () => {
      control.relay = { origin: 'https://relay.example' };
      fakeEditor.userSettings.set('cloudtolocalllm.relay.autoConnect', mode);
      if (wanted !== undefined) await intent.remember(wanted);
      await startConnection(control, intent, nullLogger);
      assert.deepEqual(control.calls, connects ? ['connect'] : []);
    });

  it('carries the setting relay.url to the device when it names another relay', async () => {
    control.relay = { origin: 'https://relay.example', invite: 'anna.1.x' };
    for (const text of ['https://relay.example/', '', 'nonsense here', 'other.example']) {
      fakeEditor.userSettings.set('cloudtolocalllm.relay.url', text);
      await applyRelaySetting(control, nullLogger);
    }
    assert.deepEqual(control.calls, ['setRelay https://other.example']);
  });
});
