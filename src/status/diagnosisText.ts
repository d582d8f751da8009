import { inEnglish, noted, type Say } from '../base/say.ts';
import { firstFailure, type Diagnosis, type DiagnosisHop, type FailedHop, type HopResult, type SkipReason } from '../protocol/diagnosis.ts';
import { sayDetail, wordsInTwo, type ErrorCode } from '../protocol/errors.ts';

/** What each hop proves, in words. */
export const hopTitles: Readonly<Record<DiagnosisHop, string>> = {
  address: noted('Relay address'),
  network: noted('Name and network'),
  certificate: noted('Certificate'),
  relay: noted('Relay'),
  link: noted('Link'),
  admission: noted('Admission'),
  farEnd: noted('Far end'),
  ollama: noted('Ollama'),
  models: noted('Models'),
  token: noted('First word'),
};

/** What to do where the catalogue says what the program does by itself: a diagnosis does nothing by itself. */
const remedies: Partial<Readonly<Record<ErrorCode, string>>> = {
  relayUnreachable: noted('Check the address, that the relay runs, and that this network lets you through to it.'),
  relaySilent: noted('Check that a relay runs at this address, and that no firewall or proxy on the way holds back what it says.'),
  relayProtocol: noted('Update the older of relay and program. If they are of one age, a proxy on the way changes what is sent.'),
  relayDraining: noted('Wait a minute for the new relay, then look again.'),
  relayBusy: noted('Wait a few minutes, then look again. If it stays so, tell the relay’s operator.'),
  relayIntercepted: noted('Open any web page to sign in to this network, then look again.'),
  certificateChanged: noted('Sign in to this network if it asks for that; else tell the relay’s operator.'),
  slowReader: noted('Look again on a faster line.'),
  deviceOffline: noted('Look again. If it stays so, the relay has lost this device: connect anew, or restart the relay.'),
  deviceSilent: noted('Connect anew. If it stays so, a proxy before the relay may hold back WebSocket messages.'),
  sessionBroken: noted('Look again. If it stays so, something on the way changes what is sent.'),
  paused: noted('To let your browsers in again, choose Resume Remote Access.'),
  tooManyStreams: noted('Look again in a moment.'),
};

/** What happened at a hop, without a full stop, and what to do about it. */
export function causeAndRemedy({ error, detail }: FailedHop, t: Say = inEnglish): { readonly cause: string; readonly remedy: string } {
  const { happened, next } = wordsInTwo(error, detail, t);
  const remedy = remedies[error];
  return { cause: happened, remedy: remedy === undefined ? next : t(remedy) };
}

const skipWords: Readonly<Record<SkipReason, string>> = {
  afterFailure: noted('not looked at: a hop before it failed'),
  notSetUp: noted('not looked at: no relay is set up'),
  notNeeded: noted('not needed at this address'),
  cancelled: noted('not looked at: you ended the run'),
};

const marks: Readonly<Record<HopResult['outcome'], string>> = { passed: noted('ok'), failed: noted('FAILED'), skipped: '–' };
/** One line for one hop: mark, title, time, and what is to be said of it. */
export function hopLine(result: HopResult, t: Say = inEnglish): string {
  const width = (texts: Readonly<Record<string, string>>): number => Math.max(...Object.values(texts).map((text) => t(text).length));
  const time = result.outcome === 'skipped' ? '' : `${String(Math.round(result.ms))} ms`;
  const text =
    result.outcome === 'passed'
      ? sayDetail(result.note ?? '', t)
      : result.outcome === 'failed'
        ? causeAndRemedy(result, t).cause
        : t(skipWords[result.why]);
  return `${t(marks[result.outcome]).padEnd(width(marks))}  ${t(hopTitles[result.hop]).padEnd(width(hopTitles))}  ${time.padStart(8)}  ${text}`.trimEnd();
}

/** What a diagnosis comes to: one sentence, or the first hop that failed with its remedy. */
export function verdictLines(diagnosis: Diagnosis, t: Say = inEnglish): readonly string[] {
  const failed = firstFailure(diagnosis);
  if (failed) {
    const { cause, remedy } = causeAndRemedy(failed, t);
    return [t('The first hop that fails: {0}. {1}.', t(hopTitles[failed.hop]), cause), t('What to do: {0}', remedy)];
  }
  const skipped = (why: SkipReason): boolean => diagnosis.hops.some((hop) => hop.outcome === 'skipped' && hop.why === why);
  if (skipped('cancelled')) return [t('You ended the run before all hops were looked at. None of the others has failed.')];
  return [
    skipped('notSetUp')
      ? t('All is well on this computer. No relay is set up.')
      : t('All is well, from this computer to the relay and back.'),
  ];
}

/** The whole of it, for a person to read. */
export function diagnosisText(diagnosis: Diagnosis, t: Say = inEnglish): string {
  const took = t('Took {0} s.', (diagnosis.tookMs / 1000).toFixed(1));
  return [...verdictLines(diagnosis, t), '', ...diagnosis.hops.map((hop) => hopLine(hop, t)), '', took].join('\n');
}
