import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostBackground } from '../../src/agent/node/background/hostBackground.ts';
import { thisSystem, type RunResult, type System } from '../../src/agent/node/background/system.ts';
import { SharedAgent } from '../../src/agent/node/sharedAgent.ts';
import { StateFolder } from '../../src/agent/node/stateFolder.ts';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { rulesWithoutSettings } from '../../src/protocol/remoteRules.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { parseExec, parseUnit } from '../agent/node/background/serviceParsers.ts';
import { root } from '../harness/paths.ts';
import { until } from './support/stack.ts';
import { Windows } from './windows/windows.ts';

const unitName = 'cloudtolocalllm.service';

/** A systemd that reads the unit strictly and runs what it says, in truth, with next to nothing around it. */
class StandInSystemd {
  readonly system: System;
  process: ChildProcess | undefined;
  output = '';

  constructor(home: string) {
    const real = thisSystem();
    this.system = {
      ...{ platform: 'linux', home, uid: 1000, userName: 'jane', environment: {}, wait: (ms) => real.wait(ms) },
      run: (program, args) => (program === 'systemctl' ? this.#systemctl(args.slice(1), home) : real.run(program, args)),
    };
  }

  async end(): Promise<void> {
    const { process: running } = this;
    this.process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('close', resolve));
    running.kill('SIGTERM');
    await ended;
  }

  async #systemctl([verb, ...rest]: readonly string[], home: string): Promise<RunResult> {
    const said = (stdout = ''): RunResult => ({ kind: 'ended', code: 0, stdout, stderr: '' });
    const unit = join(home, '.config', 'systemd', 'user', unitName);
    if (verb === 'show') return said(rest.includes('--property=LoadState') && existsSync(unit) ? 'loaded' : '252');
    if (verb === 'disable' || verb === 'restart') await this.end();
    if (verb === 'restart') {
      const [program = '', ...args] = parseExec(parseUnit(readFileSync(unit, 'utf8')).get('ExecStart') ?? '');
      this.process = spawn(program, args, { env: { HOME: home, PATH: '/usr/bin:/bin' }, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [this.process.stdout, this.process.stderr])
        stream?.on('data', (chunk: Buffer) => {
          this.output += chunk.toString();
        });
    }
    return said();
  }
}

describe('the background agent, installed and run in truth', function () {
  this.timeout(90_000);
  let base: string;
  let world: Windows;
  let systemd: StandInSystemd;
  let window: SharedAgent | undefined;

  before(async () => {
    base = mkdtempSync(join(tmpdir(), 'c2l keep %h $X '));
    mkdirSync(join(base, 'home'));
    systemd = new StandInSystemd(join(base, 'home'));
    world = await Windows.start();
  });
  after(async () => {
    window?.dispose();
    await systemd.end();
    await world.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('takes over from a window, connects, goes by the editor’s settings, and leaves nothing when it is removed', async () => {
    const stateFolder = join(base, 'state');
    const { relayUrl: origin, invite } = world;
    new StateFolder(stateFolder).relayFile.write({ origin, ...(invite !== undefined && { invite }) });
    const bus = new StatusBus();
    window = new SharedAgent({
      ...{ stateFolder, bus, log: nullLogger, clock: systemClock, random: systemRandom },
      face: { role: 'window', name: 'a window' },
    });
    await window.ready;
    const before = filesOf(base);
    const background = new HostBackground({
      ...{ system: systemd.system, clock: systemClock, stateFolder, cliFile: join(root, 'dist', 'cli.mjs') },
      own: { path: process.execPath, order: 'first' },
      settings: () => ({
        ...{
          ollama: { url: world.ollama.url, firstTokenTimeoutMs: 60_000, idleTimeoutMs: 60_000 },
          chat: {},
          defaultModel: '',
          retentionDays: 0,
        },
        remote: { ...rulesWithoutSettings, modelManagement: false },
      }),
    });
    const plan = await background.plan();
    const installed = await background.install(plan).catch((error: unknown) => assert.fail(`${String(error)}\n${systemd.output}`));
    assert.equal(installed.pid, systemd.process?.pid);
    await until('it leads and is connected', () => window?.control.role === 'agent' && bus.current.state === 'connected', 20_000);
    await until('it has found the Ollama of the settings', () => window?.control.ollama.url === world.ollama.url, 10_000);
    const status = await background.status();
    assert.deepEqual(
      [status.running?.pid, status.running?.nodeVersion, status.installed?.nodeWorks, status.installed?.copy],
      [installed.pid, process.versions.node, true, 'asWritten'],
    );
    await background.uninstall();
    await until('the window leads again', () => window?.control.role === 'leads', 5_000);
    await until('its connection', () => bus.current.state === 'connected', 10_000);
    assert.deepEqual(filesOf(base), before);
    assert.equal(systemd.output, '');
  });
});

/** But for what comes and goes with whoever leads. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !/-(wal|shm|journal)$/.test(name))
    .sort();
}
