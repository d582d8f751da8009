import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import { statusView } from '../status/statusView.ts';
import { ActiveChat } from './activeChat.ts';
import { AgentState } from './agentState.ts';
import { chatCommands } from './chatCommands.ts';
import { ChatEditors } from './chatEditors.ts';
import { chatFileCommands } from './chatFileCommands.ts';
import { ChatView } from './chatView.ts';
import { clientCommands } from './clientCommands.ts';
import { registerCommands, runCommand, type CommandHandlers } from './commands.ts';
import { Connection } from './connection.ts';
import { ConnectionIntent } from './connectionIntent.ts';
import { ContextKeys } from './contextKeys.ts';
import type { AgentReady } from './editorAgent.ts';
import { faceOf, statusInputOf } from './faceOf.ts';
import { ollamaMender } from './ollamaMender.ts';
import { Notifications } from './notifications.ts';
import { Pairing } from './pairing.ts';
import { answerPairingQuestions } from './pairingQuestions.ts';
import { showError } from './showError.ts';
import { ShownChatFile } from './shownChat.ts';
import { applyRelaySetting, startConnection } from './startConnection.ts';
import type { StatusFace } from './statusFace.ts';
import { StatusItem } from './statusItem.ts';
import { pickFromStatusMenu } from './statusMenu.ts';
import { statusTicks } from './statusTicks.ts';
import { onDidChangeSetting, readSetting } from './userSettings.ts';
import { WebPage } from './webPage.ts';

export interface EditorParts {
  readonly extensionUri: vscode.Uri;
  /** The extension's own folder, for what it remembers. */
  readonly storageUri: vscode.Uri;
  /** The same for what belongs to the folder that is open. */
  readonly workspaceStorageUri: vscode.Uri;
  readonly bus: StatusEventBus;
  readonly agent: AgentReady;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly showLog: () => void;
  /** Starts the Ollama of this machine. @throws TunnelError when there is none */
  readonly startOllama: () => Promise<void>;
}

/** Draws the extension into the editor and wires what people do to the agent. The status item is there when this returns. */
export function createViews(parts: EditorParts): Disposable {
  const { agent, bus, clock, log } = parts;
  const owned = new DisposableStore();
  const state = owned.add(new AgentState(bus, agent));
  owned.add(statusTicks(bus, clock, state.changed));
  const face = (): StatusFace => faceOf(statusView(statusInputOf(state, clock)), readSetting('statusBar.label'));
  owned.add(new StatusItem({ clock, face, onDidChange: state.onDidChange }));
  owned.add(onDidChangeSetting('statusBar.label', state.changed));
  const keys = new ContextKeys();
  owned.add(
    state.onDidChange(() => {
      keys.set(contextOf(state));
    }),
  );
  keys.set(contextOf(state));

  const intent = new ConnectionIntent(parts.storageUri);
  const connection = new Connection({ agent, bus, intent, clock });
  const notifications = owned.add(new Notifications(bus, clock));
  const pairing = owned.add(new Pairing({ ...parts, connection }));
  const mend = ollamaMender(parts);
  const surface = { ...parts, mend };
  const chat = owned.add(new ActiveChat(owned.add(new ChatView(surface, new ShownChatFile(parts.workspaceStorageUri, log)))));
  const chatEditors = owned.add(new ChatEditors(surface, chat));
  owned.add(
    chat.onDidChangeView((view) => {
      const { generating, chatFocused, hasConversation, hasAnswer } = view ?? nothingShown;
      keys.set({ generating, chatFocused, hasConversation, hasAnswer });
      state.changed();
    }),
  );
  const page = new WebPage(agent);

  /** Of commands that say themselves what went wrong; afterwards the relay may be another. */
  const asked = (task: () => Promise<unknown>) => (): Promise<void> =>
    notifications.whileAsked(async () => {
      try {
        await task();
      } finally {
        state.changed();
      }
    });
  const handlers: CommandHandlers = {
    connect: asked(() => connection.connect()),
    disconnect: asked(() => connection.disconnect()),
    reconnect: asked(() => connection.reconnect()),
    setUpRelay: asked(() => connection.setUpRelay()),
    pairBrowser: asked(() => pairing.start()),
    openWebPage: () => page.open(),
    copyWebPageAddress: () => page.copyAddress(),
    ...clientCommands(agent),
    ...chatCommands(chat, chatEditors),
    ...chatFileCommands(agent, () => (chat.view?.hasConversation === true ? chat.view : undefined)),
    checkOllama: async () => {
      await (await agent).control.checkOllama();
    },
    startOllama: () => mend('startOllama'),
    showLog: parts.showLog,
    showMenu: async () => {
      const chosen = await pickFromStatusMenu(keys.values);
      if (chosen !== undefined) await runCommand(chosen);
    },
  };
  owned.add(registerCommands(handlers, log));

  agent
    .then(async ({ control, damaged, damagedPairings }) => {
      if (owned.isDisposed) return;
      if (damaged !== undefined)
        void vscode.window.showWarningMessage(
          vscode.l10n.t(
            'The file of your chats was damaged and set aside as {0}. Chats that could still be read: {1}.',
            damaged.file,
            damaged.conversations,
          ),
        );
      if (damagedPairings !== undefined)
        void vscode.window.showWarningMessage(
          vscode.l10n.t(
            'The file of paired devices was damaged and set aside as {0}. Pair them again, and make new API keys.',
            damagedPairings,
          ),
        );
      owned.add(
        answerPairingQuestions(control, log, () => {
          pairing.close();
        }),
      );
      owned.add(
        onDidChangeSetting('relay.url', () => {
          void applyRelaySetting(control, log).then(state.changed);
        }),
      );
      owned.add(
        onDidChangeSetting('ollama.url', () => {
          void control.checkOllama();
        }),
      );
      await startConnection(control, intent, log);
      state.changed();
    })
    .catch((error: unknown) => {
      if (!owned.isDisposed) showError(error, log, { part: 'agent' });
    });
  return owned;
}

const nothingShown = { generating: false, chatFocused: false, hasConversation: false, hasAnswer: false };

function contextOf({ bus, control, relayConfigured }: AgentState): Parameters<ContextKeys['set']>[0] {
  return {
    ready: control !== undefined,
    relayConfigured,
    state: bus.current.state,
    ollama: control?.ollama.state ?? 'unknown',
    hasClients: (control?.clients.length ?? 0) > 0,
    remotePaused: control?.isRemotePaused ?? false,
  };
}
