import { homedir, hostname, platform, release, userInfo } from 'node:os';
import * as vscode from 'vscode';
import { resetIdentity } from './agent/node/resetIdentity.ts';
import { SharedAgent } from './agent/node/sharedAgent.ts';
import { systemClock } from './base/clock.ts';
import { DisposableStore } from './base/disposable.ts';
import { systemRandom } from './base/random.ts';
import { readKeepAlive } from './ollama/keepAlive.ts';
import { startOllama } from './ollama/node/startOllama.ts';
import type { OllamaSettings } from './ollama/node/ollamaClient.ts';
import './protocol/limitsFit.ts';
import { prepareTrialRelay } from './relay/node/trialLaunch.ts';
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

/** Draws the status item at once; the agent, which opens files, starts in a turn of its own. */
export function activate(context: vscode.ExtensionContext): void {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const channel = vscode.window.createOutputChannel('CloudToLocalLLM', { log: true });
  owned.add(channel);
  const log = outputLog(channel);
  const bus = owned.add(new StatusBus());
  const shared = owned.add(
    new SharedAgent({
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
    }),
  );
  owned.add(
    createViews({
      extensionUri: context.extensionUri,
      storageUri: context.globalStorageUri,
      workspaceStorageUri: context.storageUri ?? context.globalStorageUri,
      bus,
      agent: shared.ready.then(editorAgent),
      clock: systemClock,
      random: systemRandom,
      log,
      machine: readMachine(context),
      showLog: () => {
        channel.show();
      },
      startOllama,
      resetIdentity: () => {
        shared.dispose();
        resetIdentity();
      },
      prepareTrialRelay: () => prepareTrialRelay(vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.mjs').fsPath),
    }),
  );
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
