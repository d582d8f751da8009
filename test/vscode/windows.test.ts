import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, until } from './editorRig.ts';

describe('two real editors, each with a profile of its own, that share one state folder', () => {
  let rig: EditorRig;
  let other: EditorRig;
  let windows: Workbench[];

  before(async () => {
    rig = await EditorRig.start();
    windows = [await rig.open()];
    await until('a leader', () => leader() !== undefined, 30_000);
    other = await EditorRig.start({ beside: rig });
    windows.push(await other.open());
  });
  after(async () => {
    await other.stop();
    await rig.stop();
  });

  const hosts = (): readonly number[] => [...rig.server.extensionHosts(), ...other.server.extensionHosts()];

  /** The extension host that leads, as the state folder has it. */
  function leader(): number | undefined {
    try {
      return (JSON.parse(readFileSync(join(rig.state, 'leader.json'), 'utf8')) as { pid: number }).pid;
    } catch {
      return undefined;
    }
  }

  async function asks(workbench: Workbench | undefined, question: string): Promise<void> {
    if (!workbench) throw new Error('no such window');
    await workbench.page.bringToFront();
    const chat = new ChatPanel(workbench);
    await chat.open();
    await chat.ask(question);
    await chat.showsAnswer(question);
  }

  it('chat through the one that leads, and go on when its extension host is killed, twice', async () => {
    const [first, second] = windows;
    const firstLeader = leader();
    assert.ok(rig.server.extensionHosts().includes(firstLeader ?? 0));
    await asks(second, 'is anybody there');
    assert.equal(leader(), firstLeader);
    assert.equal(rig.ollama.asked.length, 1);

    process.kill(firstLeader ?? 0, 'SIGKILL');
    await until('the second leads', () => leader() !== firstLeader);
    const secondLeader = leader();
    assert.ok(other.server.extensionHosts().includes(secondLeader ?? 0));
    await asks(second, 'and now');
    assert.equal(rig.ollama.asked.length, 2);

    // the editor starts a killed host again by itself
    await until('both hosts', () => hosts().length === 2, 30_000);
    process.kill(secondLeader ?? 0, 'SIGKILL');
    await until('another leads', () => leader() !== secondLeader, 30_000);
    await first?.reload();
    await asks(first, 'once more');
    assert.equal(rig.ollama.asked.length, 3);
  });
});
