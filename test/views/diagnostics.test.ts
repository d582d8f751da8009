import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { nullLogger, type LogFields } from '../../src/base/log.ts';
import type { Diagnosis, HopResult } from '../../src/protocol/diagnosis.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { AgentState } = await import('../../src/views/agentState.ts');
const { DiagnosticViews } = await import('../../src/views/diagnostics.ts');
const { TextPages } = await import('../../src/views/textPages.ts');

const well: HopResult[] = [
  { hop: 'address', outcome: 'passed', ms: 1, note: 'https://relay.jane.example' },
  { hop: 'token', outcome: 'passed', ms: 12, note: 'stand-in:latest' },
];
const refused: HopResult[] = [
  { hop: 'admission', outcome: 'failed', ms: 3, error: 'inviteRefused' },
  { hop: 'farEnd', outcome: 'skipped', why: 'afterFailure' },
];

describe('diagnostics in the editor', () => {
  let bus: StatusBus;
  let control: FakeAgentControl;
  let state: InstanceType<typeof AgentState>;
  let views: InstanceType<typeof DiagnosticViews>;
  let pages: InstanceType<typeof TextPages>;
  let logged: (LogFields | undefined)[];

  const create = async (isThere = true, issuesUrl?: string): Promise<void> => {
    const agent = isThere
      ? Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never })
      : new Promise<never>(() => undefined);
    state = new AgentState(bus, agent);
    pages = new TextPages();
    views = new DiagnosticViews({
      ...{ agent, state, clock: new FakeClock(), pages },
      log: { ...nullLogger, info: (_message, fields) => logged.push(fields) },
      machine: { system: 'linux 6.8', home: '/home/jane', names: ['jane'], issuesUrl },
    });
    await Promise.resolve();
  };
  const finds = (hops: readonly HopResult[]): void => {
    control.onDiagnose = ({ onHop }) => {
      for (const hop of hops) onHop?.(hop);
      return Promise.resolve({ startedAt: 0, tookMs: 20, hops });
    };
  };
  const presses = (button: string | undefined): void => {
    fakeEditor.person = { ...fakeEditor.person, message: () => button };
  };

  beforeEach(() => {
    fakeEditor.reset();
    bus = new StatusBus();
    control = new FakeAgentControl(bus);
    control.relay = { origin: 'https://relay.jane.example' };
    logged = [];
  });
  afterEach(() => {
    views.dispose();
    pages.dispose();
    state.dispose();
    assert.equal(fakeEditor.pageProviders.size, 0);
  });

  it('shows every hop in a document, and the first failure with the button that helps', async () => {
    await create();
    finds(refused);
    presses('Set Up Relay…');
    await views.commands.runDiagnostics();
    assert.deepEqual(fakeEditor.progress, ['Looking at every hop']);
    assert.match(
      fakeEditor.pages.get('Diagnostics.txt') ?? '',
      /first hop that fails: Admission\. .*\nWhat to do: Ask.*\n\nFAILED {2}Admission/,
    );
    const [message] = fakeEditor.messages;
    assert.match(message?.text ?? '', /^Admission: The relay does not accept this invite\. Ask its operator/);
    assert.deepEqual(message?.items, ['Set Up Relay…', 'Copy Diagnostic Report']);
    await Promise.resolve();
    assert.deepEqual(fakeEditor.executed, ['cloudtolocalllm.setUpRelay']);
    assert.deepEqual(logged, [
      { hop: 'admission', outcome: 'failed', ms: 3, code: 'inviteRefused' },
      { hop: 'farEnd', outcome: 'skipped', why: 'afterFailure' },
    ]);
  });

  it('offers to let browsers in again when that is what stands in the way', async () => {
    await create();
    finds([{ hop: 'farEnd', outcome: 'failed', ms: 1, error: 'paused' }]);
    await views.commands.runDiagnostics();
    assert.deepEqual(fakeEditor.messages[0]?.items, ['Resume Remote Access', 'Copy Diagnostic Report']);
  });

  it('ends the run when the person cancels it, shows what is known and complains of nothing', async () => {
    await create();
    control.onDiagnose = ({ signal }) =>
      new Promise<Diagnosis>((resolve) =>
        signal?.addEventListener('abort', () => {
          resolve({ startedAt: 0, tookMs: 5, hops: [{ hop: 'address', outcome: 'skipped', why: 'cancelled' }] });
        }),
      );
    const running = Promise.all([views.commands.runDiagnostics(), views.commands.runDiagnostics()]);
    await new Promise((resolve) => setImmediate(resolve));
    fakeEditor.cancelProgress();
    await running;
    assert.deepEqual(control.calls, ['diagnose']);
    assert.match(fakeEditor.pages.get('Diagnostics.txt') ?? '', /You ended the run/);
    assert.deepEqual(fakeEditor.messages, []);
  });

  it('does not wait for ever in a window that does not have the agent', async () => {
    await create(false);
    bus.publishStatus({ state: 'disconnected', error: 'anotherLeads', timestamp: 1 });
    await assert.rejects(
      () => Promise.resolve(views.commands.runDiagnostics()),
      (error) => error instanceof TunnelError && error.code === 'anotherLeads',
    );
    presses('Copy Report');
    await views.commands.copyDiagnosticReport();
    assert.match(fakeEditor.clipboard, /disconnected anotherLeads/);
  });

  it('copies exactly the report that was shown, and only when told to', async () => {
    await create();
    finds(well);
    control.publish({ state: 'connected' });
    await views.commands.copyDiagnosticReport();
    assert.equal(fakeEditor.clipboard, '');
    presses('Copy Report');
    await views.commands.copyDiagnosticReport();
    assert.deepEqual(control.calls, ['diagnose']);
    assert.equal(fakeEditor.clipboard, fakeEditor.pages.get('Report.md'));
    assert.match(fakeEditor.clipboard, /- CloudToLocalLLM 0\.\d+\.\d+\n- Editor 1\.106\.0\n- linux 6\.8\n/);
    assert.match(fakeEditor.clipboard, /ok {6}First word .* stand-in:latest/);
    assert.match(fakeEditor.clipboard, /https:\/\/<relay>/);
    assert.doesNotMatch(fakeEditor.clipboard, /jane/i);
  });

  it('opens the issue page with the report in it, after it was reviewed, and sends nothing itself', async () => {
    await create(true, 'https://issues.example/us/it/issues');
    finds(well);
    await views.commands.reportIssue();
    assert.deepEqual(fakeEditor.opened, []);
    presses('Open Issue Page');
    await views.commands.reportIssue();
    const url = new URL(fakeEditor.opened.join(''));
    assert.equal(url.origin + url.pathname, 'https://issues.example/us/it/issues/new');
    assert.ok(url.searchParams.get('body')?.endsWith(fakeEditor.pages.get('Report.md') ?? '?'));
    assert.equal(fakeEditor.clipboard, '');
  });

  it('puts a report that is too long for an address on the clipboard', async () => {
    await create(true, 'https://issues.example/us/it/issues/');
    finds(Array.from({ length: 200 }, () => ({ hop: 'link', outcome: 'failed', ms: 1, error: 'relayBusy' })));
    presses('Open Issue Page');
    await views.commands.reportIssue();
    const [url = ''] = fakeEditor.opened;
    assert.ok(url !== '' && url.length < 6_000);
    assert.match(decodeURIComponent(url), /issues\/new\?.*on your clipboard/s);
    assert.equal(fakeEditor.clipboard, fakeEditor.pages.get('Report.md'));
  });

  it('says so where the build names no page for issues', async () => {
    await create();
    finds(well);
    presses('Copy Report');
    await views.commands.reportIssue();
    assert.match(fakeEditor.messages.at(-1)?.text ?? '', /names no page for issues/);
    assert.deepEqual([fakeEditor.opened, fakeEditor.clipboard], [[], fakeEditor.pages.get('Report.md')]);
  });
});
