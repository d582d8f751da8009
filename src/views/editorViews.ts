import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import type { BackgroundLoader } from '../protocol/backgroundAgent.ts';
import type { RelayLaunch } from '../protocol/relayLaunch.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import { statusView } from '../status/statusView.ts';
import { ActiveChat } from './activeChat.ts';
import { onDidChangeAgentSettings } from './agentSettings.ts';
import { AgentState } from './agentState.ts';
import { apiKeyCommand } from './apiKeyCommand.ts';
import { chatCommands } from './chatCommands.ts';
import { ChatEditors } from './chatEditors.ts';
import { chatFileCommands } from './chatFileCommands.ts';
import { ChatPicks } from './chatPicks.ts';
import { ChatView } from './chatView.ts';
import { clientCommands } from './clientCommands.ts';
import { registerCommands, runCommand, type CommandHandlers } from './commands.ts';
import { Connection } from './connection.ts';
import { ConnectionIntent } from './connectionIntent.ts';
import { ContextKeys } from './contextKeys.ts';
import { DiagnosticViews, type Machine } from './diagnostics.ts';
import type { AgentReady } from './editorAgent.ts';
import { faceOf, statusInputOf } from './faceOf.ts';
import { FirstClick, STATUS_ITEM } from './firstClick.ts';
import { helpCommands } from './helpCommands.ts';
import { HiddenAnswers } from './hiddenAnswers.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { registerJoinLinks } from './joinLinks.ts';
import { KeepReachable } from './keepReachable.ts';
import { MetricsPanel } from './metricsPanel.ts';
import { ModelPicks } from './modelPicks.ts';
import { ollamaMender } from './ollamaMender.ts';
import { Notifications } from './notifications.ts';
import { Pairing } from './pairing.ts';
import { answerPairingQuestions } from './pairingQuestions.ts';
import { PullPick } from './pullPick.ts';
import { PullWatch } from './pullWatch.ts';
import { RemoteUse } from './remoteUse.ts';
import { Replacement } from './replacement.ts';
import { resetIdentityCommand } from './resetIdentity.ts';
import { tellSetAside } from './setAside.ts';
import { showError } from './showError.ts';
import { ShownChatFile } from './shownChat.ts';
import { applyRelaySetting, startConnection } from './startConnection.ts';
import type { StatusFace } from './statusFace.ts';
import { StatusItem } from './statusItem.ts';
import { pickFromStatusMenu } from './statusMenu.ts';
import { statusTicks } from './statusTicks.ts';
import { TextPages } from './textPages.ts';
import { TrialRelay } from './trialRelay.ts';
import { onDidChangeSetting, readSetting } from './userSettings.ts';
import { WebPage } from './webPage.ts';

/**
 * The editor ticks a step only when its clause becomes true while the page is there, and says nothing when it is. After this time it is, ms;
 * clauses that hold already then become true once more by a key of their own.
 */
const WALKTHROUGH_MS = 2_000;

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
  readonly machine: Machine;
  readonly showLog: () => void;
  /** Starts the Ollama of this machine. @throws TunnelError when there is none */
  readonly startOllama: () => Promise<void>;
  /** Ends the agent and makes its device another one. @throws TunnelError `anotherLeads`, `storeFailed` */
  readonly resetIdentity: () => Promise<void>;
  /** The headless agent as a service of this user. */
  readonly background: BackgroundLoader;
  /** How a relay is run in a terminal of this computer. */
  readonly prepareTrialRelay: () => Promise<RelayLaunch>;
}

/** Draws the extension into the editor and wires what people do to the agent. The status item is there when this returns. */
export function createViews(parts: EditorParts): Disposable {
  const { agent, bus, clock, log } = parts;
  const owned = new DisposableStore();
  const state = owned.add(new AgentState(bus, agent));
  owned.add(statusTicks(bus, clock, state.changed));
  const face = (): StatusFace =>
    faceOf(statusView(statusInputOf(state, clock), inOwnLanguage), readSetting('statusBar.label'), inOwnLanguage);
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
  const trial = owned.add(new TrialRelay({ clock, prepare: parts.prepareTrialRelay }));
  const guide = vscode.Uri.joinPath(parts.extensionUri, 'docs', 'RELAY.md');
  const openGuide = async (): Promise<unknown> => vscode.commands.executeCommand('markdown.showPreview', guide);
  const connection = new Connection({ agent, bus, intent, clock, trial, openGuide });
  owned.add(
    trial.onDidChange(({ ended }) => {
      keys.set({ trialRelayRunning: trial.isRunning });
      if (ended !== undefined) void connection.trialEnded(ended);
    }),
  );
  const notifications = owned.add(new Notifications(bus, clock));
  const pairing = owned.add(new Pairing({ ...parts, connection }));
  const mend = ollamaMender(parts);
  const open = (conversationId: string): Promise<void> => chat.open({ type: 'openConversation', conversationId });
  const hiddenAnswers = owned.add(new HiddenAnswers({ ...parts, open }));
  const surface = { ...parts, mend, hiddenAnswers };
  const chat = owned.add(new ActiveChat(owned.add(new ChatView(surface, new ShownChatFile(parts.workspaceStorageUri, log)))));
  const chatEditors = owned.add(new ChatEditors(surface, chat));
  owned.add(
    chat.onDidChangeView((view) => {
      const { generating, chatFocused, inputFocused, hasConversation, hasAnswer } = view ?? nothingShown;
      keys.set({ generating, chatFocused, inputFocused, hasConversation, hasAnswer });
      state.changed();
    }),
  );
  const isSeen = (): boolean => vscode.window.state.focused && chat.isVisible;
  const onPulled = (model: string): void => {
    if (!isSeen()) notifications.tellPulled(model);
  };
  const watch = owned.add(new PullWatch({ ...parts, onPulled }));
  const pullPick = owned.add(new PullPick({ ...parts, watch }));
  const use = (model: string): Promise<void> => chat.open({ type: 'useModel', model });
  const modelPicks = owned.add(new ModelPicks({ ...parts, current: () => chat.view?.model, use }));
  const chatPicks = owned.add(new ChatPicks({ ...parts, open }));
  const firstClick = new FirstClick(parts.storageUri);
  const page = new WebPage(agent);
  const metrics = owned.add(new MetricsPanel(parts));
  const pages = owned.add(new TextPages());
  const diagnostics = owned.add(new DiagnosticViews({ ...parts, state, pages }));
  const lookForAgent = (): void => {
    keys.set({ agentInstalled: parts.background.isInstalled });
  };
  const reachable = owned.add(new KeepReachable({ ...parts, state, pages, onDidChange: lookForAgent }));

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
    startTrialRelay: asked(() => connection.startTrial()),
    forgetRelay: asked(() => connection.forgetRelay()),
    stopTrialRelay: () => {
      trial.stop();
    },
    pairBrowser: asked(() => pairing.start()),
    openWebPage: () => page.open(),
    copyWebPageAddress: () => page.copyAddress(),
    ...clientCommands(agent),
    ...apiKeyCommand(agent),
    ...resetIdentityCommand({ ...parts, state }),
    ...helpCommands(() =>
      owned.add(
        clock.after(WALKTHROUGH_MS, () => {
          keys.set({ walkthroughOpen: true });
        }),
      ),
    ),
    ...chatCommands(chat, chatEditors),
    ...chatPicks.commands,
    ...modelPicks.commands,
    ...pullPick.commands,
    ...chatFileCommands(agent, () => (chat.view?.hasConversation === true ? chat.view : undefined)),
    checkOllama: async () => {
      await (await agent).control.checkOllama();
    },
    startOllama: () => mend('startOllama'),
    ...diagnostics.commands,
    ...reachable.commands,
    showMetrics: () => metrics.show(),
    showLog: parts.showLog,
    showMenu: async (from) => {
      // Who has never seen the chat is shown it; the menu comes with the next click.
      if (from === STATUS_ITEM && (await firstClick.take()) && chat.view === undefined) return runCommand('openChat');
      const chosen = await pickFromStatusMenu(keys.values);
      if (chosen !== undefined) await runCommand(chosen);
    },
  };
  owned.add(registerCommands(handlers, log));
  owned.add(
    registerJoinLinks(
      {
        current: async () => (await agent).control.relay?.origin,
        use: (invitation) => asked(() => connection.join(invitation))(),
      },
      log,
    ),
  );

  agent
    .then(async (ready) => {
      const { control } = ready;
      if (owned.isDisposed) return;
      tellSetAside(ready);
      lookForAgent();
      reachable.start();
      owned.add(new RemoteUse(control, clock, parts.storageUri));
      const isAsked = (): boolean => notifications.isAsked;
      owned.add(new Replacement({ clock, control, onDidChange: state.onDidChange, isAsked, folder: parts.storageUri }));
      owned.add(
        answerPairingQuestions(control, log, () => {
          pairing.close();
        }),
      );
      owned.add(
        onDidChangeSetting('relay.url', () => {
          // of the others, each has settings of its own; the hover says when they differ
          if (leads(control)) void applyRelaySetting(control, log).then(state.changed);
          else state.changed();
        }),
      );
      owned.add(
        onDidChangeAgentSettings(() => {
          control.settingsChanged();
        }),
      );
      owned.add(
        onDidChangeSetting('ollama.url', () => {
          void control.checkOllama();
        }),
      );
      if (leads(control)) await startConnection(control, intent, log);
      state.changed();
    })
    .catch((error: unknown) => {
      if (!owned.isDisposed) showError(error, log, { part: 'agent' });
    });
  return owned;
}

function leads({ role = 'leads' }: AgentControl): boolean {
  return role === 'leads';
}

const nothingShown = { generating: false, chatFocused: false, inputFocused: false, hasConversation: false, hasAnswer: false };

function contextOf({ bus, control, relayConfigured }: AgentState): Parameters<ContextKeys['set']>[0] {
  return {
    ready: control !== undefined,
    relayConfigured,
    state: bus.current.state,
    ollama: control?.ollama.state ?? 'unknown',
    hasModels: control?.ollama.state === 'ok',
    hasClients: (control?.clients.length ?? 0) > 0,
    remoteActive: control?.clients.some(({ online }) => online) ?? false,
    isLeader: control !== undefined && leads(control),
    remotePaused: control?.isRemotePaused ?? false,
  };
}
