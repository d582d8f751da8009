import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackgroundFiles } from '../../../../src/agent/node/background/backgroundFiles.ts';
import { SettingsOnDisk } from '../../../../src/agent/node/background/settingsOnDisk.ts';
import { nullLogger } from '../../../../src/base/log.ts';
import type { AgentSettings } from '../../../../src/protocol/agentSettings.ts';
import { rulesWithoutSettings } from '../../../../src/protocol/remoteRules.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

const handed: AgentSettings = {
  ollama: { url: 'http://127.0.0.1:1', firstTokenTimeoutMs: 60_000, idleTimeoutMs: 60_000 },
  ...{ chat: { systemPrompt: 'Be brief.' }, defaultModel: 'small', retentionDays: 3 },
  remote: { ...rulesWithoutSettings, modelManagement: false, maxGenerations: 2 },
};

describe('the settings that windows hand to the background agent', () => {
  it('count within two seconds, and the strictest while they cannot be read: never more than a person allowed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-settings-'));
    const clock = new FakeClock();
    const files = new BackgroundFiles(folder);
    files.make();
    const settings = new SettingsOnDisk(files, clock, nullLogger);
    let changes = 0;
    settings.onChange = () => {
      changes++;
    };
    try {
      assert.deepEqual([settings.now, settings.rules], [undefined, rulesWithoutSettings]);
      files.writeSettings(handed);
      await clock.advance(2_000);
      assert.deepEqual([settings.now, settings.rules, changes], [handed, handed.remote, 1]);
      await clock.advance(20_000);
      assert.equal(changes, 1, 'nothing has changed');
      for (const text of ['{', '[]', JSON.stringify({ ...handed, remote: { ...handed.remote, maxGenerations: 99 } })]) {
        writeFileSync(files.settingsFile, text);
        await clock.advance(2_000);
        const { maxGenerations, modelManagement, cloudModels } = settings.rules;
        assert.deepEqual([maxGenerations, modelManagement, cloudModels], [1, false, false], text);
      }
      files.writeSettings(handed);
      await clock.advance(2_000);
      assert.deepEqual(settings.rules, handed.remote);
    } finally {
      settings.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
    assert.equal(clock.pendingTimers, 0);
  });
});
