import * as vscode from 'vscode';
import { createNodeAgent, type NodeAgent } from './agent/node/createNodeAgent.ts';
import { systemClock } from './base/clock.ts';
import { DisposableStore } from './base/disposable.ts';
import type { Logger } from './base/log.ts';
import { systemRandom } from './base/random.ts';
import { ownersFiles } from './conversation/chatFiles.ts';
import { readKeepAlive } from './ollama/keepAlive.ts';
import { startOllama } from './ollama/node/startOllama.ts';
import type { OllamaSettings } from './ollama/node/ollamaClient.ts';
import type { StatusEventBus } from './protocol/status.ts';
import { StatusBus } from './status/statusEventBus.ts';
import { AgentStart } from './views/agentStart.ts';
import type { EditorAgent } from './views/editorAgent.ts';
import { createViews } from './views/editorViews.ts';
import { outputLog } from './views/outputLog.ts';
import { readSetting } from './views/userSettings.ts';
import { readChatDefaults } from './views/viewPreferences.ts';

/** Draws the status item at once; the agent, which opens files, starts in a turn of its own. */
export function activate(context: vscode.ExtensionContext): void {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const channel = vscode.window.createOutputChannel('CloudToLocalLLM', { log: true });
  owned.add(channel);
  const log = outputLog(channel);
  const bus = owned.add(new StatusBus());
  const start = owned.add(new AgentStart({ start: () => owned.add(startAgent(bus, log)), clock: systemClock, bus }));
  owned.add(
    createViews({
      extensionUri: context.extensionUri,
      storageUri: context.globalStorageUri,
      workspaceStorageUri: context.storageUri ?? context.globalStorageUri,
      bus,
      agent: start.result.then(editorAgent),
      clock: systemClock,
      random: systemRandom,
      log,
      showLog: () => {
        channel.show();
      },
      startOllama,
    }),
  );
}

function startAgent(bus: StatusEventBus, log: Logger): NodeAgent {
  const ollama = (): OllamaSettings => ({
    url: readSetting('ollama.url'),
    keepAliveSeconds: readKeepAlive(readSetting('ollama.keepAlive')),
  });
  return createNodeAgent({ bus, log, ollama, chatDefaults: readChatDefaults });
}

function editorAgent({ agent, damaged, damagedPairings }: NodeAgent): EditorAgent {
  return {
    control: agent,
    createChatPort: () => agent.createChatPort({ editorActions: true, showsConnection: false }),
    chats: ownersFiles(agent.hub),
    ...(damaged === undefined ? {} : { damaged }),
    ...(damagedPairings === undefined ? {} : { damagedPairings }),
  };
}
