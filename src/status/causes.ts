import { inEnglish, type Say } from '../base/say.ts';
import { errorCatalogue, type ErrorAction, type ErrorCode } from '../protocol/errors.ts';
import type { StatusAction } from './statusActions.ts';

/** What the status offers for an action of the error catalogue, first the best. */
const remedies: Readonly<Record<ErrorAction, readonly StatusAction[]>> = {
  none: ['reconnect', 'runDiagnostics'],
  reconnect: ['reconnect', 'runDiagnostics'],
  changeRelay: ['setUpRelay', 'reconnect'],
  newInvite: ['setUpRelay', 'reconnect'],
  update: ['reconnect', 'runDiagnostics'],
  resetIdentity: ['resetIdentity', 'runDiagnostics'],
  pairAgain: ['pairBrowser', 'runDiagnostics'],
  newOffer: ['pairBrowser', 'runDiagnostics'],
  newKey: ['runDiagnostics'],
  tryAgain: ['reconnect', 'runDiagnostics'],
  shorten: ['openChat'],
  newChat: ['openChat'],
  installOllama: ['checkOllama'],
  startOllama: ['startOllama', 'checkOllama'],
  checkOllama: ['checkOllama'],
  pullModel: ['pullModel', 'checkOllama'],
  chooseModel: ['openChat'],
  report: ['showLog', 'runDiagnostics'],
};

/** A cause in at most three words, for the status bar. */
export function causeInShort(code: ErrorCode | undefined, t: Say = inEnglish): string {
  return code === undefined ? t('Connection problem') : t(errorCatalogue[code].short);
}

/** What mends it, first the best. */
export function remediesOf(code: ErrorCode | undefined): readonly StatusAction[] {
  return remedies[code === undefined ? 'reconnect' : errorCatalogue[code].action];
}
