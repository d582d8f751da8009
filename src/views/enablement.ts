import type { CommandName } from './ids.ts';
import type { ContextValues } from './contextKeys.ts';

const always = (): boolean => true;

/** When a command makes sense. The clauses in package.json say the same; a test compares them value by value. */
const rules: Readonly<Record<CommandName, (context: ContextValues) => boolean>> = {
  connect: ({ state }) => state === 'disconnected' || state === 'error',
  disconnect: ({ ready, state }) => ready && state !== 'disconnected',
  reconnect: ({ state }) => state === 'connected' || state === 'streaming' || state === 'reconnecting' || state === 'error',
  showMenu: always,
  setUpRelay: always,
  startTrialRelay: ({ ready, trialRelayRunning }) => ready && !trialRelayRunning,
  stopTrialRelay: ({ trialRelayRunning }) => trialRelayRunning,
  forgetRelay: ({ relayConfigured }) => relayConfigured,
  openWebPage: ({ relayConfigured }) => relayConfigured,
  copyWebPageAddress: ({ relayConfigured }) => relayConfigured,
  // one that is installed can be installed anew
  keepReachable: ({ relayConfigured }) => relayConfigured,
  removeAgent: ({ agentInstalled }) => agentInstalled,
  pairBrowser: ({ relayConfigured }) => relayConfigured,
  manageClients: ({ hasClients }) => hasClients,
  pauseRemote: ({ hasClients, remotePaused }) => hasClients && !remotePaused,
  resumeRemote: ({ remotePaused }) => remotePaused,
  createApiKey: ({ relayConfigured }) => relayConfigured,
  // without an agent, too: its key may be lost
  resetIdentity: ({ ready, state }) => ready || state === 'error',
  openChat: always,
  openChatInEditor: ({ hasConversation }) => hasConversation,
  newChat: ({ ready }) => ready,
  newTemporaryChat: ({ ready }) => ready,
  showHistory: ({ ready }) => ready,
  searchChats: ({ ready }) => ready,
  renameChat: ({ hasConversation }) => hasConversation,
  deleteChat: ({ hasConversation }) => hasConversation,
  exportChat: ({ hasConversation }) => hasConversation,
  importChats: ({ ready }) => ready,
  regenerate: ({ hasAnswer, generating }) => hasAnswer && !generating,
  copyLastAnswer: ({ hasAnswer }) => hasAnswer,
  openLastAnswerInEditor: ({ hasAnswer }) => hasAnswer,
  // of the message or the code that the chat's context menu was opened on: the palette does not offer these
  copyMessage: always,
  copyCode: always,
  insertCode: always,
  editMessage: always,
  focusInput: ({ ready }) => ready,
  focusLastMessage: ({ ready }) => ready,
  // The editor's own keys say more: they are in package.json alone, since no menu of ours offers these.
  addSelection: always,
  addFile: always,
  stopGeneration: ({ generating }) => generating,
  selectModel: ({ hasModels }) => hasModels,
  pullModel: ({ ollama }) => ollama === 'ok' || ollama === 'noModels',
  showModels: ({ hasModels }) => hasModels,
  startOllama: ({ ollama }) => ollama === 'notRunning',
  checkOllama: ({ ready, ollama }) => ready && ollama !== 'ok',
  runDiagnostics: always,
  copyDiagnosticReport: always,
  reportIssue: always,
  showMetrics: ({ ready }) => ready,
  showLog: always,
  openSettings: always,
  openWalkthrough: always,
};

export function isEnabled(name: CommandName, context: ContextValues): boolean {
  return rules[name](context);
}
