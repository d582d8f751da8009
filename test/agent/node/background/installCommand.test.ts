import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installBackground, showBackground, uninstallBackground } from '../../../../src/agent/node/background/installCommand.ts';
import { runInBackground } from '../../../../src/agent/node/background/backgroundRun.ts';
import { BackgroundFiles } from '../../../../src/agent/node/background/backgroundFiles.ts';
import { LeaderLock } from '../../../../src/agent/node/leaderLock.ts';
import { StateFolder } from '../../../../src/agent/node/stateFolder.ts';
import { UserError } from '../../../../src/base/userError.ts';
import { BackgroundFault } from '../../../../src/protocol/backgroundAgent.ts';
import { FakeBackground } from '../../../fakes/fakeBackground.ts';
import { until } from '../../../integration/support/stack.ts';

describe('the verbs agent install, uninstall and status', () => {
  let state: string;
  let background: FakeBackground;
  let lines: string[];
  const print = (line: string): void => void lines.push(line);
  const fails = (code: string, exitCode: number) => (error: unknown) =>
    error instanceof UserError && error.code === code && error.exitCode === exitCode && error.remedy.length > 0;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'c2l-verbs-'));
    background = new FakeBackground();
    lines = [];
  });
  afterEach(() => {
    rmSync(state, { recursive: true, force: true });
  });

  it('show all that is written before they ask, and take no answer for a no', async () => {
    const asked: string[] = [];
    const ask = (answer: string) => (question: string) => {
      asked.push(question);
      assert.match(lines.join('\n'), /ExecStart="\/usr\/bin\/node"/, 'shown before');
      return Promise.resolve(answer);
    };
    for (const answer of ['', 'n', 'no', 'yesterday'])
      assert.equal(await installBackground(background, { state }, { print, ask: ask(answer) }), 1);
    assert.deepEqual([background.calls, lines.at(-1)], [['plan', 'plan', 'plan', 'plan'], 'Nothing was written.']);
    assert.equal(await installBackground(background, { state }, { print, ask: ask('y') }), 0);
    assert.equal(background.calls.at(-1), 'install');
    assert.match(lines.at(-1) ?? '', /^This computer stays reachable/);
    assert.equal(asked.length, 5);
  });

  it('write nothing where nobody can be asked, unless they were told to; a dry run never', async () => {
    await assert.rejects(installBackground(background, { state }, { print }), fails('notAsked', 2));
    assert.equal(await installBackground(background, { state, dryRun: true, yes: true }, { print }), 0);
    assert.deepEqual(background.calls, ['plan', 'plan']);
    lines.length = 0;
    assert.equal(await installBackground(background, { state, yes: true, json: true }, { print }), 0);
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { event: string }).event),
      ['plan', 'installed'],
    );
  });

  it('tell what was removed, how it is, and end with 1 where it does not run', async () => {
    assert.equal(await uninstallBackground(background, {}, { print }), 0);
    assert.deepEqual(lines.slice(1), ['    /state/agent/installed.json']);
    assert.equal(await showBackground(background, { json: true }, { print }), 1);
    assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { event: 'status', ownVersion: '0.1.0', notes: [] });
  });

  it('say a fault with its code, its remedy and an exit code', async () => {
    for (const [code, exitCode] of [
      ['noNode', 1],
      ['noRelay', 2],
      ['notInstalled', 2],
      ['noManager', 1],
    ] as const) {
      background.faults.set('plan', new BackgroundFault(code, 'x')).set('uninstall', new BackgroundFault(code, 'x'));
      await assert.rejects(installBackground(background, { state, yes: true }, { print }), fails(code, exitCode));
      await assert.rejects(uninstallBackground(background, {}, { print }), fails(code, exitCode));
    }
  });

  it('keep a relay that is named where nobody leads, and not another one beside a running editor', async () => {
    const folder = new StateFolder(state);
    const options = { state, relay: 'wss://relay.example', invite: 'a.1.b', yes: true };
    await installBackground(background, options, { print });
    assert.deepEqual(folder.relayFile.read(), { origin: 'https://relay.example', invite: 'a.1.b' });
    const lock = new LeaderLock(folder.lockFile);
    await installBackground(background, options, { print });
    await assert.rejects(
      installBackground(background, { ...options, relay: 'https://other.example' }, { print }),
      fails('agentRunning', 1),
    );
    lock.dispose();
  });

  it('have an agent that runs once, notes what happens in a file, and ends when it is told to', async () => {
    const stop = new AbortController();
    const files = new BackgroundFiles(state);
    const running = runInBackground({ state, signal: stop.signal });
    await until('it is ready', () => files.readRunning()?.isReady === true);
    await assert.rejects(runInBackground({ state, signal: new AbortController().signal }), fails('alreadyRuns', 2));
    assert.equal(files.readRunning()?.pid, process.pid);
    stop.abort();
    await running;
    assert.equal(files.readRunning(), undefined);
    const noted = readFileSync(files.logFile, 'utf8');
    assert.match(noted, /"message":"no relay is set up yet"/);
    assert.match(files.lastNote() ?? '', /ends as it was told to/);
  });
});
