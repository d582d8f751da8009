import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostBackground } from '../../../../src/agent/node/background/hostBackground.ts';
import { BackgroundFiles } from '../../../../src/agent/node/background/backgroundFiles.ts';
import type { AgentSettings } from '../../../../src/protocol/agentSettings.ts';
import { BackgroundFault, type BackgroundFaultCode } from '../../../../src/protocol/backgroundAgent.ts';
import { FakeSystem, textOf } from '../../../fakes/fakeSystem.ts';

const NODE = '/usr/bin/node';
const settings: AgentSettings = {
  ollama: { url: '', firstTokenTimeoutMs: 600_000, idleTimeoutMs: 120_000 },
  chat: {},
  ...{ defaultModel: '', retentionDays: 0 },
  remote: {
    ...{ maxGenerations: 2, maxContextLength: 32_768, idleExpiryDays: 30 },
    modelManagement: false,
    cloudModels: false,
    privatePacing: false,
  },
};
const fault = (code: BackgroundFaultCode, detail?: RegExp) => (error: unknown) =>
  error instanceof BackgroundFault && error.code === code && (detail === undefined || detail.test(error.detail));

describe('the background agent of a computer', () => {
  let base: string;
  let state: string;
  let system: FakeSystem;
  let cliFile: string;
  const make = (version = '0.1.0'): HostBackground =>
    new HostBackground({ system, clock: system.clock, stateFolder: state, cliFile, version, settings: () => settings });
  /** Every file below the folder, with what may be done with it. */
  const files = (): readonly string[] =>
    readdirSync(base, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.startsWith('build') && statSync(join(base, name)).isFile())
      .sort();
  const use = (platform: NodeJS.Platform): void => {
    system = new FakeSystem(platform, join(base, 'home'));
    system.stateFolder = state;
    system.environment = { PATH: '' };
    if (platform === 'win32') system.environment['ProgramFiles'] = '';
    system.nodes.set(NODE, { version: '24.1.0' });
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'c2l background %h "$X" & '));
    state = join(base, 'state');
    mkdirSync(state);
    writeFileSync(join(state, 'relay.json'), '{"origin":"https://relay.example"}');
    mkdirSync(join(base, 'build', 'cli'), { recursive: true });
    cliFile = join(base, 'build', 'cli.mjs');
    writeFileSync(cliFile, 'one');
    writeFileSync(join(base, 'build', 'cli', 'agentVerb-AAAAAAAA.mjs'), 'two');
    use('linux');
  });
  afterEach(() => {
    system.die();
    rmSync(base, { recursive: true, force: true });
    assert.equal(system.clock.pendingTimers, 0);
  });
  const plan = (background = make()) => background.plan({ node: NODE });

  it('shows all that it would write and run, and writes nothing for it', async () => {
    const before = files();
    const planned = await plan();
    assert.deepEqual(files(), before);
    assert.deepEqual([planned.kind, planned.node.version, planned.relay], ['systemd', '24.1.0', 'https://relay.example']);
    assert.deepEqual([planned.copy.files, planned.copy.bytes], [2, 6]);
    assert.deepEqual(planned.notes, ['lingerOff']);
    assert.deepEqual(planned.commands, [
      'systemctl --user daemon-reload',
      'systemctl --user enable cloudtolocalllm.service',
      'systemctl --user restart cloudtolocalllm.service',
    ]);
    assert.ok(!system.calls.some((call) => /reload|enable|restart/.test(call)));
  });

  for (const [platform, unit] of [
    ['linux', 'home/.config/systemd/user/cloudtolocalllm.service'],
    ['darwin', 'home/Library/LaunchAgents/cloudtolocalllm.agent.plist'],
  ] as const)
    it(`writes exactly what it showed, for nobody else to write to, starts it, and takes exactly that away again: ${platform}`, async () => {
      use(platform);
      const before = files();
      const background = make();
      const planned = await plan(background);
      const { pid, version } = await background.install(planned);
      assert.deepEqual([pid, version, background.isInstalled, system.isRunning], [42, '0.1.0', true, true]);
      assert.equal(planned.unit.path, join(base, unit));
      assert.equal(textOf(planned.unit.path), planned.unit.text);
      assert.ok(planned.unit.text.includes('/agent/cli-0.1.0-'));
      assert.deepEqual(readdirSync(planned.copy.folder), ['cli', 'cli.mjs']);
      for (const path of [planned.unit.path, ...planned.others.slice(0, 2), join(planned.copy.folder, 'cli.mjs')])
        assert.equal(statSync(path).mode & 0o022, 0, path);
      assert.equal(statSync(join(state, 'agent', 'settings.json')).mode & 0o777, 0o600);
      const removed = await background.uninstall();
      assert.equal(system.isRunning || system.isRegistered, false);
      assert.ok(removed.removed.includes(planned.unit.path) && removed.removed.includes(planned.copy.folder));
      assert.deepEqual(files(), before);
      assert.equal(existsSync(join(state, 'agent')), false);
      await assert.rejects(background.uninstall(), fault('notInstalled'));
    });

  it('does the same with a task of the Task Scheduler', async () => {
    use('win32');
    const background = make();
    const planned = await plan(background);
    assert.deepEqual([planned.kind, planned.notes], ['taskScheduler', ['kindUntried']]);
    assert.match(planned.commands[1] ?? '', /^schtasks \/Create \/TN 'CloudToLocalLLM Agent' \/XML .*task\.xml' \/F$/);
    await background.install(planned);
    assert.equal((await background.status()).installed?.registered, true);
    system.ends = false; // conhost is gone, what was in it is not
    await background.uninstall();
    assert.ok(system.calls.includes('taskkill /PID 42 /T /F'));
    assert.equal(system.isRunning, false);
  });

  it('tells whether it is installed, runs, with which Node and version, and what is missing of it', async () => {
    const background = make();
    assert.deepEqual(await background.status(), { ownVersion: '0.1.0', notes: [] });
    const { copy, unit } = await install(background);
    const status = await background.status();
    assert.deepEqual(
      [status.installed?.version, status.installed?.node, status.installed?.registered, status.running?.pid, status.running?.nodeVersion],
      ['0.1.0', { path: NODE, version: '24.1.0' }, true, 42, '24.1.0'],
    );
    assert.deepEqual([status.installed?.nodeWorks, status.installed?.copy, status.installed?.unit.state], [true, 'asWritten', 'asWritten']);
    system.nodes.clear();
    system.die();
    rmSync(copy.folder, { recursive: true });
    writeFileSync(unit.path, 'mine');
    const later = await background.status();
    assert.deepEqual([later.installed?.nodeWorks, later.installed?.copy, later.installed?.unit.state], [false, 'missing', 'changed']);
    assert.equal(later.running, undefined);
    const removed = await background.uninstall();
    assert.equal(removed.keptAside, `${unit.path}.kept`);
    assert.deepEqual([textOf(`${unit.path}.kept`), existsSync(unit.path)], ['mine', false]);
  });

  async function install(background: HostBackground) {
    const planned = await plan(background);
    await background.install(planned);
    return planned;
  }

  it('renews an older copy by itself, says so, and keeps one that is as new', async () => {
    const old = await install(make());
    writeFileSync(cliFile, 'newer');
    assert.equal(await make('0.1.0').renew(), undefined);
    assert.equal(await make('0.0.9').renew(), undefined);
    assert.equal(await make('0.2.0').renew(), '0.1.0');
    const { installed, running } = await make('0.2.0').status();
    assert.deepEqual([installed?.version, installed?.renewedFrom, running?.version], ['0.2.0', '0.1.0', '0.2.0']);
    assert.deepEqual([existsSync(old.copy.folder), textOf(join(installed?.folder ?? '', 'cli.mjs'))], [false, 'newer']);
    assert.equal(await make('0.2.0').renew(), undefined);
    await make('0.2.0').uninstall();
  });

  it('has what was there before again when the next version does not start, and nothing at all when the first does not', async () => {
    const before = files();
    const first = await plan();
    system.comesUp = false;
    await assert.rejects(make().install(first), fault('notStarted'));
    assert.deepEqual(files(), before);
    assert.deepEqual([system.isRegistered, make().isInstalled], [false, false]);
    system.comesUp = true;
    const old = await install(make());
    const unit = textOf(old.unit.path);
    writeFileSync(cliFile, 'broken');
    const next = make('0.2.0');
    const planned = await plan(next);
    system.comesUp = false;
    await assert.rejects(next.install(planned), fault('notStarted'));
    assert.equal(textOf(old.unit.path), unit);
    assert.deepEqual([textOf(join(old.copy.folder, 'cli.mjs')), existsSync(planned.copy.folder)], ['one', false]);
    assert.equal((await next.status()).installed?.version, '0.1.0');
  });

  it('hands its settings over at the installation and when they change, and never where nothing is installed', async () => {
    const background = make();
    background.settingsChanged();
    assert.equal(existsSync(join(state, 'agent')), false);
    await install(background);
    const read = new BackgroundFiles(state);
    assert.deepEqual(read.readSettings(), settings);
    writeFileSync(read.settingsFile, '{"remote":{"modelManagement":true}}');
    assert.equal(read.readSettings(), 'damaged');
    background.settingsChanged();
    assert.deepEqual(read.readSettings(), settings);
  });

  describe('says what is in the way, and changes nothing', () => {
    let before: readonly string[];
    beforeEach(() => {
      before = files();
    });
    afterEach(() => {
      assert.deepEqual(files(), before);
      assert.equal(system.isRunning, false);
    });

    it('no relay', async () => {
      rmSync(join(state, 'relay.json'));
      before = files();
      await assert.rejects(plan(), fault('noRelay'));
    });

    it('a Node that is too old, has no database, or is none', async () => {
      system.nodes.set('/old', { version: '22.12.9' }).set('/bare', { version: '23.0.0', lacksSqlite: true });
      await assert.rejects(make().plan({ node: '/old' }), fault('nodeUnfit', /22\.12\.9/));
      await assert.rejects(make().plan({ node: '/bare' }), fault('nodeUnfit', /without node:sqlite/));
      await assert.rejects(make().plan({ node: '/none' }), fault('nodeUnfit', /no such program/));
    });

    it('no service manager that answers, or none at all', async () => {
      system.answers.set('systemctl', { kind: 'ended', code: 1, stdout: '', stderr: 'Failed to connect to bus: No medium found\n' });
      await assert.rejects(plan(), fault('noManager', /Failed to connect to bus/));
      system.answers.set('systemctl', { kind: 'missing' });
      await assert.rejects(plan(), fault('noManager'));
      use('freebsd');
      await assert.rejects(plan(), fault('unsupported', /freebsd/));
    });

    it('a program that is not whole, or was replaced since it was shown', async () => {
      const planned = await plan();
      writeFileSync(cliFile, 'another');
      await assert.rejects(make().install(planned), fault('programMissing'));
      writeFileSync(cliFile, 'one');
      cliFile = join(base, 'nowhere', 'cli.mjs');
      await assert.rejects(plan(), fault('programMissing'));
    });

    it('somebody else who is at work', async () => {
      const planned = await plan();
      const other = new BackgroundFiles(state);
      other.make();
      const lock = other.lockWork();
      await assert.rejects(make().install(planned), fault('alreadyAtWork'));
      lock?.dispose();
      other.removeFolder();
    });

    it('a service of this name that it knows nothing of', async () => {
      const { unit } = await plan();
      mkdirSync(join(base, 'home/.config/systemd/user'), { recursive: true });
      writeFileSync(unit.path, 'not ours');
      before = files();
      await assert.rejects(plan(), fault('foreignService'));
    });

    it('a system that does not take the service', async () => {
      const planned = await plan();
      system.answers.set('systemctl --user enable', { kind: 'ended', code: 1, stdout: '', stderr: 'Unit is masked.' });
      await assert.rejects(make().install(planned), fault('notTaken', /Unit is masked/));
    });

    it('a folder that cannot be written', async function () {
      if (process.getuid?.() === 0) writeFileSync(join(base, 'home'), 'a file where a folder belongs');
      else {
        mkdirSync(join(base, 'home'));
        chmodSync(join(base, 'home'), 0o500);
      }
      before = files();
      const planned = await plan();
      await assert.rejects(make().install(planned), fault('cannotWrite', /cloudtolocalllm\.service$/));
    });
  });

  it('removes nothing while its process does not end', async () => {
    const { unit, copy } = await install(make());
    system.ends = false;
    system.answers.set('systemctl --user kill', { kind: 'ended', code: 1, stdout: '', stderr: '' });
    await assert.rejects(make().uninstall(), fault('cannotStop', /42/));
    assert.ok(existsSync(unit.path) && existsSync(copy.folder));
  });

  it('names a record that cannot be read', async () => {
    const { others } = await install(make());
    writeFileSync(others[0] ?? '', '{');
    await assert.rejects(make().status(), fault('recordDamaged', /installed\.json$/));
    assert.ok(readFileSync(others[0] ?? '').length > 0);
  });
});
