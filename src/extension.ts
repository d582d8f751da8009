import { existsSync } from 'node:fs';
import { homedir, hostname, platform, release, userInfo } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { SharedAgent, SharedAgentOptions } from './agent/node/sharedAgent.ts';
import { systemClock } from './base/clock.ts';
import { DisposableStore } from './base/disposable.ts';
import { systemRandom } from './base/random.ts';
import { readKeepAlive } from './ollama/keepAlive.ts';
import type { OllamaSettings } from './ollama/node/ollamaClient.ts';
import type { AgentSettings } from './protocol/agentSettings.ts';
import type { BackgroundLoader } from './protocol/backgroundAgent.ts';
import { StatusBus } from './status/statusEventBus.ts';
import { readOllamaSettings, readRemoteRules } from './views/agentSettings.ts';
import type { Machine } from './views/diagnostics.ts';
import type { EditorAgent } from './views/editorAgent.ts';
import { createViews } from './views/editorViews.ts';
import { outputLog } from './views/outputLog.ts';
import { showError } from './views/showError.ts';
import { readSetting } from './views/userSettings.ts';
import { readChatDefaults } from './views/viewPreferences.ts';
import { windowName } from './views/windowName.ts';

/** How long the editor has to draw before the agent is loaded, ms. */
const AGENT_AFTER_MS = 20;

/** Draws the status item at once. The agent is a file of its own, loaded after that, and so is what few people ever ask for. */
export function activate(context: vscode.ExtensionContext): void {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const channel = vscode.window.createOutputChannel('CloudToLocalLLM', { log: true });
  owned.add(channel);
  const log = outputLog(channel);
  const bus = owned.add(new StatusBus());
  const cliFile = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.mjs').fsPath;
  const shared = startAgent(owned, {
    bus,
    log,
    clock: systemClock,
    random: systemRandom,
    ollama: ollamaSettings,
    chatDefaults: readChatDefaults,
    remoteRules: readRemoteRules,
    defaultModel: () => readSetting('chat.defaultModel'),
    retentionDays: () => readSetting('history.retentionDays'),
    face: { role: 'window', name: windowName() },
    onStuck: (error) => {
      showError(error, log, { part: 'windows' });
    },
  });
  owned.add(
    createViews({
      extensionUri: context.extensionUri,
      storageUri: context.globalStorageUri,
      workspaceStorageUri: context.storageUri ?? context.globalStorageUri,
      bus,
      agent: shared.then(({ ready }) => ready).then(editorAgent),
      clock: systemClock,
      random: systemRandom,
      log,
      machine: readMachine(context),
      showLog: () => {
        channel.show();
      },
      startOllama: async () => {
        const { startOllama } = await import('./ollama/node/startOllama.ts');
        await startOllama();
      },
      resetIdentity: async () => {
        const { resetIdentity } = await import('./agent/node/resetIdentity.ts');
        (await shared).dispose();
        resetIdentity();
      },
      background: lateBackground(shared, cliFile),
      prepareTrialRelay: async () => {
        const { prepareTrialRelay } = await import('./relay/node/trialLaunch.ts');
        return prepareTrialRelay(cliFile);
      },
    }),
  );
}

/** Loads the agent and starts it. It ends with the extension, also where that ends first. */
async function startAgent(owned: DisposableStore, options: SharedAgentOptions): Promise<SharedAgent> {
  await new Promise<void>((resolve) => {
    owned.add(options.clock.after(AGENT_AFTER_MS, resolve));
  });
  const [{ SharedAgent }] = await Promise.all([import('./agent/node/sharedAgent.ts'), import('./protocol/limitsFit.ts')]);
  return owned.add(new SharedAgent(options));
}

/** The background agent: whether there is one is known with the agent, for only then the state folder is. */
function lateBackground(shared: Promise<unknown>, cliFile: string): BackgroundLoader {
  let record: string | undefined;
  const folder = shared.then(async () => {
    const { defaultStateFolder } = await import('./agent/node/stateFolder.ts');
    record = join(defaultStateFolder(), 'agent', 'installed.json');
    return defaultStateFolder();
  });
  folder.catch(() => undefined); // whoever loads it hears
  return {
    get isInstalled() {
      return record !== undefined && existsSync(record);
    },
    load: async () => {
      const { editorBackground } = await import('./agent/node/background/editorBackground.ts');
      return editorBackground({
        ...{ stateFolder: await folder, cliFile, ollama: process.env['OLLAMA_HOST'], settings: agentSettings },
        // an editor in a browser is run by a Node; it goes with the editor's next version
        ...(process.versions['electron'] === undefined && { own: { path: process.execPath, order: 'last' } }),
      });
    },
  };
}

function readMachine({ extension }: vscode.ExtensionContext): Machine {
  const { bugs } = extension.packageJSON as { readonly bugs?: { readonly url?: string } };
  return {
    system: `${platform()} ${release()} ${process.arch}, Node ${process.versions.node}`,
    home: homedir(),
    names: [hostname(), userName()],
    issuesUrl: bugs?.url,
  };
}

/** A user without a name in the system's list has none to hide. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

function ollamaSettings(): OllamaSettings {
  return { ...readOllamaSettings(), keepAliveSeconds: readKeepAlive(readSetting('ollama.keepAlive')) };
}

/** What the background agent goes by, as the agent of this window does. */
function agentSettings(): AgentSettings {
  const keepAliveSeconds = readKeepAlive(readSetting('ollama.keepAlive'));
  return {
    ollama: { ...readOllamaSettings(), ...(keepAliveSeconds !== undefined && { keepAliveSeconds }) },
    chat: readChatDefaults(),
    defaultModel: readSetting('chat.defaultModel'),
    retentionDays: readSetting('history.retentionDays'),
    remote: readRemoteRules(),
  };
}

function editorAgent(shared: SharedAgent): EditorAgent {
  const { damaged, damagedPairings } = shared.node ?? {};
  return {
    control: shared.control,
    createChatPort: () => shared.createChatPort(),
    chats: shared.chats,
    ...(damaged === undefined ? {} : { damaged }),
    ...(damagedPairings === undefined ? {} : { damagedPairings }),
  };
}
