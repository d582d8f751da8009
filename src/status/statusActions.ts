/** What a person can do from the status item, by command; a command's id is this with the extension's prefix. */
export const statusActionTitles = {
  openChat: 'Open Chat',
  setUpRelay: 'Set Up Relay…',
  connect: 'Connect',
  disconnect: 'Disconnect',
  reconnect: 'Reconnect Now',
  pairBrowser: 'Pair a Browser…',
  manageClients: 'Manage Paired Browsers…',
  resumeRemote: 'Resume Remote Access',
  startOllama: 'Start Ollama',
  checkOllama: 'Check Ollama Again',
  pullModel: 'Pull Model…',
  runDiagnostics: 'Run Diagnostics',
  resetIdentity: 'Reset Device Identity…',
  showLog: 'Show Log',
} as const;
export type StatusAction = keyof typeof statusActionTitles;
