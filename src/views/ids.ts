/** Prefix of every command, setting, context key and view of this extension. */
export const PREFIX = 'cloudtolocalllm';

/** The chat in the secondary side bar, as in package.json. */
export const CHAT_VIEW_ID = `${PREFIX}.chat`;
/** Type of a tab that shows a chat, as in package.json's activation events. */
export const CHAT_EDITOR_TYPE = `${PREFIX}.chatEditor`;
/** Type of the panel that shows a pairing link. */
export const PAIRING_PANEL_TYPE = `${PREFIX}.pairing`;
/** Type of the panel that shows the connection's figures. */
export const METRICS_PANEL_TYPE = `${PREFIX}.metrics`;

/** This extension, as the editor knows it. */
export const EXTENSION_ID = `${PREFIX}.${PREFIX}`;
/** The walkthrough of package.json, as the editor opens it. */
export const WALKTHROUGH_ID = `${EXTENSION_ID}#start`;

/** Every command that package.json declares, without the prefix. */
export const commandNames = [
  'connect',
  'disconnect',
  'reconnect',
  'showMenu',
  'setUpRelay',
  'startTrialRelay',
  'stopTrialRelay',
  'forgetRelay',
  'openWebPage',
  'copyWebPageAddress',
  'keepReachable',
  'removeAgent',
  'pairBrowser',
  'manageClients',
  'pauseRemote',
  'resumeRemote',
  'createApiKey',
  'resetIdentity',
  'openChat',
  'openChatInEditor',
  'newChat',
  'newTemporaryChat',
  'showHistory',
  'searchChats',
  'renameChat',
  'deleteChat',
  'exportChat',
  'importChats',
  'regenerate',
  'copyLastAnswer',
  'openLastAnswerInEditor',
  'copyMessage',
  'copyCode',
  'insertCode',
  'editMessage',
  'focusInput',
  'focusLastMessage',
  'addSelection',
  'addFile',
  'stopGeneration',
  'selectModel',
  'pullModel',
  'showModels',
  'startOllama',
  'checkOllama',
  'runDiagnostics',
  'copyDiagnosticReport',
  'reportIssue',
  'showMetrics',
  'showLog',
  'openSettings',
  'openWalkthrough',
] as const;
export type CommandName = (typeof commandNames)[number];

export function commandId(name: CommandName): string {
  return `${PREFIX}.${name}`;
}
