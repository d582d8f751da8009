import { firstFailure, type Diagnosis, type DiagnosisHop, type FailedHop, type HopResult, type SkipReason } from '../protocol/diagnosis.ts';
import { wordsInTwo, type ErrorCode } from '../protocol/errors.ts';

/** What each hop proves, in words. */
export const hopTitles: Readonly<Record<DiagnosisHop, string>> = {
  address: 'Relay address',
  network: 'Name and network',
  certificate: 'Certificate',
  relay: 'Relay',
  link: 'Link',
  admission: 'Admission',
  farEnd: 'Far end',
  ollama: 'Ollama',
  models: 'Models',
  token: 'First word',
};

/** What to do where the catalogue says what the program does by itself: a diagnosis does nothing by itself. */
const remedies: Partial<Readonly<Record<ErrorCode, string>>> = {
  relayUnreachable: 'Check the address, that the relay runs, and that this network lets you through to it.',
  relaySilent: 'Check that a relay runs at this address, and that no firewall or proxy on the way holds back what it says.',
  relayProtocol: 'Update the older of relay and program. If they are of one age, a proxy on the way changes what is sent.',
  relayDraining: 'Wait a minute for the new relay, then look again.',
  relayBusy: 'Wait a few minutes, then look again. If it stays so, tell the relay’s operator.',
  relayIntercepted: 'Open any web page to sign in to this network, then look again.',
  certificateChanged: 'Sign in to this network if it asks for that; else tell the relay’s operator.',
  slowReader: 'Look again on a faster line.',
  deviceOffline: 'Look again. If it stays so, the relay has lost this device: connect anew, or restart the relay.',
  deviceSilent: 'Connect anew. If it stays so, a proxy before the relay may hold back WebSocket messages.',
  sessionBroken: 'Look again. If it stays so, something on the way changes what is sent.',
  paused: 'To let your browsers in again, choose Resume Remote Access.',
  tooManyStreams: 'Look again in a moment.',
};

/** What happened at a hop, without a full stop, and what to do about it. */
export function causeAndRemedy({ error, detail }: FailedHop): { readonly cause: string; readonly remedy: string } {
  const { happened, next } = wordsInTwo(error, detail);
  return { cause: happened, remedy: remedies[error] ?? next };
}

const skipWords: Readonly<Record<SkipReason, string>> = {
  afterFailure: 'not looked at: a hop before it failed',
  notSetUp: 'not looked at: no relay is set up',
  notNeeded: 'not needed at this address',
  cancelled: 'not looked at: you ended the run',
};

const marks: Readonly<Record<HopResult['outcome'], string>> = { passed: 'ok', failed: 'FAILED', skipped: '–' };
const titleWidth = Math.max(...Object.values(hopTitles).map(({ length }) => length));

/** One line for one hop: mark, title, time, and what is to be said of it. */
export function hopLine(result: HopResult): string {
  const time = result.outcome === 'skipped' ? '' : `${String(Math.round(result.ms))} ms`;
  const text =
    result.outcome === 'passed' ? (result.note ?? '') : result.outcome === 'failed' ? causeAndRemedy(result).cause : skipWords[result.why];
  return `${marks[result.outcome].padEnd(6)}  ${hopTitles[result.hop].padEnd(titleWidth)}  ${time.padStart(8)}  ${text}`.trimEnd();
}

/** What a diagnosis comes to: one sentence, or the first hop that failed with its remedy. */
export function verdictLines(diagnosis: Diagnosis): readonly string[] {
  const failed = firstFailure(diagnosis);
  if (failed) {
    const { cause, remedy } = causeAndRemedy(failed);
    return [`The first hop that fails: ${hopTitles[failed.hop]}. ${cause}.`, `What to do: ${remedy}`];
  }
  const skipped = (why: SkipReason): boolean => diagnosis.hops.some((hop) => hop.outcome === 'skipped' && hop.why === why);
  if (skipped('cancelled')) return ['You ended the run before all hops were looked at. None of the others has failed.'];
  return [
    skipped('notSetUp') ? 'All is well on this computer. No relay is set up.' : 'All is well, from this computer to the relay and back.',
  ];
}

/** The whole of it, for a person to read. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const took = `Took ${(diagnosis.tookMs / 1000).toFixed(1)} s.`;
  return [...verdictLines(diagnosis), '', ...diagnosis.hops.map(hopLine), '', took].join('\n');
}
