import assert from 'node:assert/strict';
import {
  BackgroundFault,
  backgroundFaultCodes,
  type BackgroundNote,
  type BackgroundStatus,
  type InstallPlan,
} from '../../src/protocol/backgroundAgent.ts';
import { backgroundWords } from '../../src/status/backgroundText.ts';

const plan: InstallPlan = {
  kind: 'systemd',
  version: '1.2.0',
  node: { path: '/usr/bin/node', version: '24.1.0' },
  copy: { folder: '/home/ann/state/agent/1.2.0', files: 12, bytes: 900_001 },
  unit: { path: '/home/ann/.config/systemd/user/c2l.service', text: '[Unit]\nDescription=c2l\n' },
  others: ['/home/ann/state/agent/installed.json'],
  commands: ['systemctl --user daemon-reload'],
  stateFolder: '/home/ann/state',
  relay: 'https://relay.example',
  notes: [],
};

const installed: NonNullable<BackgroundStatus['installed']> = {
  kind: 'launchd',
  version: '1.2.0',
  at: Date.UTC(2026, 0, 2),
  node: { path: '/usr/bin/node', version: '24.1.0' },
  nodeWorks: true,
  folder: '/agent',
  copy: 'asWritten',
  unit: { path: '/unit', state: 'asWritten' },
  registered: true,
};
const lines = (status: Partial<BackgroundStatus>): string[] =>
  backgroundWords.status({ ownVersion: '1.2.0', notes: [], ...status }).split('\n');

describe('words about the background agent', () => {
  it('say for every fault what happened and what helps, each its own', () => {
    const said = backgroundFaultCodes.map((code) => backgroundWords.fault(new BackgroundFault(code, '/some/path')));
    for (const { happened, next } of said) for (const text of [happened, next]) assert.match(text, /^[A-Z].*[.:\w-]$/s);
    assert.equal(new Set(said.map(({ happened }) => happened)).size, backgroundFaultCodes.length);
    assert.equal(backgroundWords.fault(new BackgroundFault('noNode')).happened, 'No Node was found on this computer.');
    assert.match(backgroundWords.fault(new BackgroundFault('noNode', 'v18')).happened, /\(v18\)/);
    assert.equal(backgroundWords.fault(new BackgroundFault('notStarted')).happened, 'The agent was installed and did not start.');
  });

  it('show all that an installation writes and runs, and what should be known before', () => {
    const text = backgroundWords.plan(plan);
    for (const part of [plan.copy.folder, '12 files, 901 kB', plan.unit.path, '    | Description=c2l', plan.stateFolder, ...plan.others])
      assert.ok(text.includes(part), part);
    assert.ok(text.includes(`    ${plan.commands[0] ?? ''}`));
    assert.doesNotMatch(text, /is replaced/);
    const notes = ['lingerOff', 'loopbackRelay', 'kindUntried'] as const satisfies readonly BackgroundNote[];
    const noted = backgroundWords.plan({ ...plan, replaces: '1.1.0', notes });
    assert.match(noted, /Version 1\.1\.0 is replaced/);
    for (const note of notes) assert.ok(noted.includes(backgroundWords.note(note)));
    assert.equal(new Set(notes.map((note) => backgroundWords.note(note))).size, notes.length);
  });

  it('say after an installation that it runs, and after a removal what is kept', () => {
    assert.match(
      backgroundWords.installed({ version: '1.2.0', pid: 7, notes: ['loopbackRelay'] }),
      /1\.2\.0 runs \(process 7\)\. The relay is on/,
    );
    assert.doesNotMatch(backgroundWords.removed({ removed: ['/a', '/b'] }), /kept as/);
    assert.match(backgroundWords.removed({ removed: ['/a'], keptAside: '/unit.kept' }), /1 files and folders.*kept as \/unit\.kept/);
  });

  it('tell of each part whether it is as it was written, and what helps where it is not', () => {
    assert.deepEqual(lines({}), ['Installed: no', 'Running: no']);
    assert.deepEqual(lines({ installed }), [
      'Installed: version 1.2.0, as launchd, 2026-01-02T00:00:00.000Z',
      'Running: no',
      'Node: 24.1.0, /usr/bin/node',
      'Program: /agent',
      'Service file: /unit',
      'The system knows it',
    ]);
    const { registered: _, ...unasked } = installed;
    const running = { version: '1.1.0', nodeVersion: '24.1.0', pid: 7, since: 0 };
    const broken = lines({
      ownVersion: '1.3.0',
      installed: { ...unasked, renewedFrom: '1.1.0', nodeWorks: false, copy: 'missing', unit: { path: '/unit', state: 'missing' } },
      running,
      lastNote: 'out of memory',
      notes: ['lingerOff'],
    });
    for (const start of [
      'Renewed by itself from version 1.1.0',
      'This program is version 1.3.0',
      'Running: yes, version 1.1.0',
      'The system cannot',
    ])
      assert.ok(
        broken.some((line) => line.startsWith(start)),
        start,
      );
    assert.equal(broken.filter((line) => line.endsWith('install it again')).length, 3);
    assert.ok(broken.includes('Its last note: out of memory'));
    const changed = lines({ installed: { ...installed, registered: false, unit: { path: '/unit', state: 'changed' } } });
    assert.ok(changed.includes('Service file: /unit, changed by somebody since'));
    assert.ok(changed.includes('The system does not know it; install it again'));
  });
});
