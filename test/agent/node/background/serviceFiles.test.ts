import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchdPlist } from '../../../../src/agent/node/background/launchdPlist.ts';
import type { ServiceLaunch } from '../../../../src/agent/node/background/serviceManager.ts';
import { systemdUnit } from '../../../../src/agent/node/background/systemdUnit.ts';
import { taskXml, TaskManager } from '../../../../src/agent/node/background/taskXml.ts';
import { BackgroundFault } from '../../../../src/protocol/backgroundAgent.ts';
import { root } from '../../../harness/paths.ts';
import { FakeSystem } from '../../../fakes/fakeSystem.ts';
import { parseExec, parseUnit, parseWindowsLine, parseXml } from './serviceParsers.ts';

const words = (state: string, slash = '/'): readonly string[] => [
  '--disable-warning=ExperimentalWarning',
  ...[[state, 'agent', 'cli-0.1.0-0123abcd', 'cli.mjs'].join(slash), 'agent', '--background', '--state', state],
];
const plain: ServiceLaunch = { program: '/usr/local/bin/node', args: words('/home/jane/.local/share/CloudToLocalLLM') };
const onWindows: ServiceLaunch = {
  program: String.raw`C:\Program Files\nodejs\node.exe`,
  args: words(String.raw`C:\Users\Jane & Joe\AppData\Local\CloudToLocalLLM\Data`, '\\'),
};
/** Everything that some parser on the way could take for its own. */
const nasty = ['a b', `it's`, 'say "hi"', '100%', '%h %t', 'a&b<c>d', '$HOME ${X}', 'back\\slash\\', 'ends\\"', '; #', '-x', '', 'ä€😀'];
const golden = (name: string): string => readFileSync(join(root, 'test', 'golden', 'background', name), 'utf8');
const unsafe = (work: () => unknown): void => {
  assert.throws(work, (error) => error instanceof BackgroundFault && error.code === 'unsafePath');
};

describe('the file of the service', () => {
  it('is the golden one for systemd, launchd and the Task Scheduler', () => {
    assert.equal(systemdUnit(plain), golden('cloudtolocalllm.service'));
    assert.equal(launchdPlist(plain), golden('cloudtolocalllm.agent.plist'));
    assert.equal(taskXml(onWindows, String.raw`DESK\jane`), golden('task.xml'));
  });

  it('says to systemd exactly what is to be run, whatever is in a path', () => {
    const program = '/opt/my node/100%/node$1';
    assert.deepEqual(parseExec(parseUnit(systemdUnit({ program, args: nasty })).get('ExecStart') ?? ''), [program, ...nasty]);
  });

  it('says to launchd exactly what is to be run, whatever is in a path', () => {
    const strings = parseXml(launchdPlist({ program: '/opt/a b/node', args: nasty })).filter(([name]) => name === 'string');
    assert.deepEqual(strings.map(([, text]) => text).slice(1, -3), ['/opt/a b/node', ...nasty]);
  });

  it('says to Windows exactly what is to be run, whatever is in a path', () => {
    const args = nasty.filter((word) => !/%[^%]+%|\$\(/.test(word));
    const xml = parseXml(taskXml({ program: onWindows.program, args }, 'DESK\\J & J'));
    const of = (name: string): readonly string[] => xml.filter(([each]) => each === name).map(([, text]) => text);
    assert.deepEqual(parseWindowsLine(of('Arguments')[0] ?? ''), ['--headless', onWindows.program, ...args]);
    assert.deepEqual(of('UserId'), ['DESK\\J & J', 'DESK\\J & J']);
    assert.deepEqual(of('LogonType'), ['InteractiveToken']);
  });

  it('is UTF-16 with its mark for the Task Scheduler, lines ended as there', () => {
    const system = new FakeSystem('win32', '/nowhere');
    const { bytes, mode } = new TaskManager(system, 'C:\\state').encode('<a>\n</a>\n');
    assert.deepEqual([bytes[0], bytes[1], Buffer.from(bytes).toString('utf16le'), mode], [0xff, 0xfe, '\ufeff<a>\r\n</a>\r\n', 0o600]);
  });

  it('is not made of what it cannot hold', () => {
    for (const program of ['/opt/"q"/node', `/opt/it's/node`, '/opt/back\\slash/node', 'node', '/opt/a\nb/node'])
      unsafe(() => systemdUnit({ program, args: [] }));
    for (const word of ['a\nb', 'a\u0000b', 'a\u0085b', 'a\ud800b'])
      for (const make of [systemdUnit, launchdPlist, (launch: ServiceLaunch) => taskXml(launch, 'u')])
        unsafe(() => make({ program: '/usr/bin/node', args: [word] }));
    for (const word of ['C:\\%TEMP%\\x', 'C:\\$(Arg0)\\x']) unsafe(() => taskXml({ program: 'C:\\node.exe', args: [word] }, 'u'));
  });

  it('is taken by systemd-analyze without a word; where there is none, that is said, and the strict parse above stands alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-unit-'));
    try {
      const run = join(folder, 'run');
      mkdirSync(run, { mode: 0o700 });
      const verify = (text: string): ReturnType<typeof spawnSync> => {
        const file = join(folder, 'cloudtolocalllm.service');
        writeFileSync(file, text);
        const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: run };
        return spawnSync('systemd-analyze', ['verify', '--user', '--man=no', file], { env, timeout: 20_000, encoding: 'utf8' });
      };
      const text = systemdUnit({ program: process.execPath, args: nasty });
      const verified = verify(text);
      if (verified.error) {
        assert.equal((verified.error as NodeJS.ErrnoException).code, 'ENOENT');
        console.log('        NOT VERIFIED by systemd: there is no systemd-analyze here. The unit was parsed by the test alone.');
        assert.equal(parseUnit(text).get('WantedBy'), 'default.target');
        return;
      }
      assert.deepEqual([verified.status, String(verified.stderr)], [0, '']);
      const wrong = verify(text.replace('RestartSec', 'RestartSex'));
      assert.match(String(wrong.stderr), /RestartSex/, 'it would tell of a fault');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
