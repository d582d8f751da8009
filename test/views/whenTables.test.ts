import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { ContextValues } from '../../src/views/contextKeys.ts';
import { manifest } from './readManifest.ts';
import { evaluateWhen } from './whenClause.ts';
const { initialContext } = await import('../../src/views/contextKeys.ts');
const { PREFIX } = await import('../../src/views/ids.ts');

const { commands, menus, keybindings, walkthroughs } = manifest.contributes;

const alone: ContextValues = { ...initialContext, ready: true, isLeader: true, ollama: 'ok', hasModels: true };
const apart: ContextValues = { ...alone, relayConfigured: true };
const asked: ContextValues = { ...alone, hasConversation: true, hasAnswer: true };
const reached: ContextValues = { ...apart, state: 'connected', hasClients: true, remoteActive: true };

/** What a person can find themselves in. */
const situations: Readonly<Record<string, ContextValues>> = {
  /** The agent does not run yet. */
  starting: initialContext,
  stopped: { ...alone, ollama: 'notRunning', hasModels: false },
  absent: { ...alone, ollama: 'notInstalled', hasModels: false },
  modelless: { ...alone, ollama: 'noModels', hasModels: false },
  /** No relay, and all is well. */
  alone,
  asked,
  writing: { ...asked, generating: true, chatFocused: true, inputFocused: true },
  /** With a relay, disconnected. */
  apart,
  dialing: { ...apart, state: 'connecting' },
  connected: { ...apart, state: 'connected' },
  reached,
  streaming: { ...reached, state: 'streaming' },
  retrying: { ...reached, state: 'reconnecting', remoteActive: false },
  failed: { ...apart, state: 'error' },
  paused: { ...reached, remoteActive: false, remotePaused: true },
  /** Over a relay of this window's own. */
  trying: { ...apart, state: 'connected', trialRelayRunning: true },
  /** The background agent is installed, and the relay was forgotten since. */
  kept: { ...alone, isLeader: false, agentInstalled: true },
};

const everywhere = Object.keys(situations).join(' ');
const ready = everywhere.replace('starting ', '');
const relay = 'apart dialing connected reached streaming retrying failed paused trying';
const clients = 'reached streaming retrying paused';
const models = everywhere.replace('starting stopped absent modelless ', '');

/** In which situations a command can be run; not those that ask the editor's own keys. */
const enabledIn: Readonly<Record<string, string>> = {
  connect: 'starting stopped absent modelless alone asked writing apart failed kept',
  disconnect: 'dialing connected reached streaming retrying failed paused trying',
  reconnect: 'connected reached streaming retrying failed paused trying',
  showMenu: everywhere,
  setUpRelay: everywhere,
  startTrialRelay: ready.replace(' trying', ''),
  stopTrialRelay: 'trying',
  forgetRelay: relay,
  openWebPage: relay,
  copyWebPageAddress: relay,
  keepReachable: relay,
  removeAgent: 'kept',
  pairBrowser: relay,
  manageClients: clients,
  pauseRemote: 'reached streaming retrying',
  resumeRemote: 'paused',
  createApiKey: relay,
  resetIdentity: ready,
  openChat: everywhere,
  openChatInEditor: 'asked writing',
  newChat: ready,
  newTemporaryChat: ready,
  showHistory: ready,
  searchChats: ready,
  renameChat: 'asked writing',
  deleteChat: 'asked writing',
  exportChat: 'asked writing',
  importChats: ready,
  regenerate: 'asked',
  copyLastAnswer: 'asked writing',
  openLastAnswerInEditor: 'asked writing',
  copyMessage: everywhere,
  copyCode: everywhere,
  insertCode: everywhere,
  editMessage: everywhere,
  focusInput: ready,
  focusLastMessage: ready,
  addFile: everywhere,
  stopGeneration: 'writing',
  selectModel: models,
  pullModel: `modelless ${models}`,
  showModels: models,
  startOllama: 'stopped',
  checkOllama: 'stopped absent modelless',
  runDiagnostics: everywhere,
  copyDiagnosticReport: everywhere,
  reportIssue: everywhere,
  showMetrics: ready,
  showLog: everywhere,
  openSettings: everywhere,
  openWalkthrough: everywhere,
};

/** In which situations what stands in our own places is shown, or has its key. */
const shownIn: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'view/title': {
    newChat: everywhere,
    showHistory: everywhere,
    pairBrowser: relay,
    connect: enabledIn['connect'] ?? '',
    disconnect: 'dialing connected reached streaming retrying failed paused trying',
    setUpRelay: everywhere,
    stopTrialRelay: 'trying',
    forgetRelay: relay,
    keepReachable: relay,
    removeAgent: 'kept',
    openWebPage: everywhere,
    copyWebPageAddress: everywhere,
    manageClients: clients,
    createApiKey: relay,
    pauseRemote: 'reached streaming retrying',
    resumeRemote: 'paused',
    newTemporaryChat: everywhere,
    searchChats: everywhere,
    renameChat: everywhere,
    deleteChat: everywhere,
    openChatInEditor: everywhere,
    exportChat: everywhere,
    importChats: everywhere,
    selectModel: everywhere,
    pullModel: everywhere,
    showModels: everywhere,
    runDiagnostics: everywhere,
    copyDiagnosticReport: everywhere,
    reportIssue: everywhere,
    showMetrics: everywhere,
    showLog: everywhere,
    openSettings: everywhere,
    openWalkthrough: everywhere,
  },
  'webview/context': {
    openLastAnswerInEditor: 'asked writing',
    deleteChat: 'asked writing',
    stopGeneration: 'writing',
    newChat: ready,
    exportChat: 'asked writing',
  },
  keys: {
    openChat: everywhere.replace(' writing', ''),
    newChat: 'writing',
    stopGeneration: 'writing',
  },
  walkthrough: {
    findOllama: `modelless ${models}`,
    getModel: models,
    ask: 'asked writing',
    phone: clients,
  },
};

const file = {
  resourceScheme: 'file',
  explorerResourceIsFolder: false,
  isWorkspaceTrusted: true,
  editorHasSelection: false,
  editorTextFocus: true,
};
/** What of the editor's own keys our clauses ask for. */
const editorStates: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  file,
  selection: { ...file, editorHasSelection: true },
  /** The selection is still there, the keyboard is not. */
  elsewhere: { ...file, editorHasSelection: true, editorTextFocus: false },
  remote: { ...file, resourceScheme: 'vscode-remote' },
  virtual: { ...file, resourceScheme: 'vscode-vfs' },
  unsaved: { ...file, resourceScheme: 'untitled' },
  output: { ...file, resourceScheme: 'output' },
  folder: { ...file, explorerResourceIsFolder: true },
  untrusted: { ...file, editorHasSelection: true, isWorkspaceTrusted: false },
};
const files = 'file selection elsewhere remote virtual unsaved folder';

/** In which states of the editor what stands in its menus is shown. */
const shownInEditor: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  commandPalette: { addSelection: 'selection elsewhere' },
  'editor/context': { addSelection: 'selection elsewhere', addFile: files },
  'editor/title/context': { addFile: files },
  'explorer/context': { addFile: files.replace(' folder', '') },
  keys: { addSelection: 'selection' },
};

const onNothing = { ...named(asked), webviewId: `${PREFIX}.chat`, chatMessage: undefined, chatCode: undefined, mayBranch: undefined };
const onAnswer = { ...onNothing, chatMessage: 'answer', mayBranch: true };
const writing = { [`${PREFIX}.generating`]: true };
/** What the context menu of a chat can be opened on. */
const pointed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  onNothing,
  onQuestion: { ...onAnswer, chatMessage: 'question' },
  /** It waits for its turn. */
  onQueued: { ...onAnswer, chatMessage: 'question', mayBranch: false },
  onAnswer,
  onCode: { ...onAnswer, chatCode: true },
  /** While an answer is written. */
  onQuestionMeanwhile: { ...onAnswer, chatMessage: 'question', ...writing },
  onAnswerMeanwhile: { ...onAnswer, ...writing },
};

/** On what the context menu of a chat shows these. */
const shownOn: Readonly<Record<string, string>> = {
  copyMessage: 'onQuestion onQueued onAnswer onCode onQuestionMeanwhile onAnswerMeanwhile',
  copyCode: 'onCode',
  insertCode: 'onCode',
  editMessage: 'onQuestion',
  regenerate: 'onNothing onAnswer onCode',
  copyLastAnswer: 'onNothing',
};

function named(context: ContextValues): Record<string, unknown> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [`${PREFIX}.${key}`, value as unknown]));
}

/** The names of those states in which the clause holds. */
function whereTrue(clause: string | undefined, states: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string[] {
  return Object.keys(states).filter((name) => clause === undefined || evaluateWhen(clause, states[name] ?? {}));
}

const inOurPlaces = Object.fromEntries(
  Object.entries(situations).map(([name, context]) => [name, { ...onNothing, ...named(context), view: `${PREFIX}.chat` }]),
);
const bare = (command: string): string => command.slice(PREFIX.length + 1);
/** Every clause of the manifest but the enablements, which the palette repeats, by place and command. */
const clauses = [
  ...Object.entries(menus).flatMap(([place, entries]) => entries.map(({ command, when }) => ({ place, name: bare(command), when }))),
  ...keybindings.map(({ command, when }) => ({ place: 'keys', name: bare(command), when })),
  ...walkthroughs.flatMap(({ steps }) =>
    steps.flatMap(({ id, completionEvents }) =>
      completionEvents.map((event) => ({ place: 'walkthrough', name: id, when: event.replace(/^onContext:/, '') })),
    ),
  ),
];
const palettePasses = new Set(['copyMessage', 'copyCode', 'insertCode', 'editMessage']);
const judged = (place: string, name: string): { readonly expected: string; readonly states: typeof editorStates } | undefined => {
  const inEditor = shownInEditor[place]?.[name];
  if (inEditor !== undefined) return { expected: inEditor, states: editorStates };
  if (place === 'webview/context' && name in shownOn) return { expected: shownOn[name] ?? '', states: pointed };
  // The palette has nothing that they could mean.
  if (place === 'commandPalette' && palettePasses.has(name)) return { expected: '', states: inOurPlaces };
  const inOurs = place === 'commandPalette' ? enabledIn[name] : shownIn[place]?.[name];
  return inOurs === undefined ? undefined : { expected: inOurs, states: inOurPlaces };
};

describe('when and enablement clauses', () => {
  for (const { command, enablement } of commands.filter(({ command }) => bare(command) !== 'addSelection'))
    it(`enable ${bare(command)} where the table says`, () => {
      assert.deepEqual(whereTrue(enablement, inOurPlaces), enabledIn[bare(command)]?.split(' '));
    });

  for (const { place, name, when } of clauses)
    it(`hold for ${name} in ${place} where the table says: ${when ?? 'always'}`, () => {
      const { expected, states } = judged(place, name) ?? assert.fail('is in no table');
      const opened = Object.fromEntries(
        Object.entries(states).map(([each, keys]) => [each, { ...keys, [`${PREFIX}.walkthroughOpen`]: true }]),
      );
      assert.deepEqual(whereTrue(when, place === 'walkthrough' ? opened : states), expected === '' ? [] : expected.split(' '));
    });

  it('are there for every line of the tables', () => {
    const lines = [...Object.entries(shownIn), ...Object.entries(shownInEditor), ['webview/context', shownOn] as const].flatMap(
      ([place, names]) => Object.keys(names).map((name) => `${place} ${name}`),
    );
    const there = new Set(clauses.map(({ place, name }) => `${place} ${name}`));
    assert.deepEqual(
      lines.filter((line) => !there.has(line)),
      [],
    );
    const known = new Set(commands.map(({ command }) => bare(command)));
    assert.deepEqual(
      Object.keys(enabledIn).filter((name) => !known.has(name)),
      [],
    );
  });

  it('tick a step of the walkthrough again once its page is there, and by nothing else', () => {
    for (const { place, when = '' } of clauses)
      if (place === 'walkthrough' && when.includes('walkthroughOpen'))
        assert.deepEqual(whereTrue(when, inOurPlaces), [], 'no page, no tick');
    for (const { steps } of walkthroughs)
      for (const { completionEvents } of steps) {
        const [plain = '', again] = completionEvents.map((event) => event.replace(/^onContext:/, ''));
        assert.equal(again, `${PREFIX}walkthroughOpen && ${plain}`.replace(PREFIX, `${PREFIX}.`));
      }
  });

  it('keep what is ours out of other views and webviews', () => {
    const here = { ...pointed['onCode'], ...named(situations['writing'] ?? initialContext) };
    const elsewhere = { ...here, view: 'explorer', webviewId: 'markdown.preview' };
    for (const { place, name, when } of clauses)
      if (place === 'view/title' || place === 'webview/context') assert.equal(evaluateWhen(when ?? '', elsewhere), false, name);
  });

  it('offer in the context menu of a chat in a tab what the side bar offers', () => {
    const tab = { ...onNothing, webviewId: `${PREFIX}.chatEditor` };
    const offered = clauses.filter(({ place, when }) => place === 'webview/context' && evaluateWhen(when ?? '', tab));
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['regenerate', 'copyLastAnswer', 'openLastAnswerInEditor', 'newChat', 'exportChat', 'deleteChat'],
    );
  });
});
