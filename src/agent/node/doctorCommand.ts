import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { nullLogger } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { exitCodes } from '../../base/userError.ts';
import { OllamaClient } from '../../ollama/node/ollamaClient.ts';
import type { RelaySetting } from '../../protocol/agentControl.ts';
import { diagnosisHops, firstFailure, wasCancelled, type Diagnosis, type HopResult } from '../../protocol/diagnosis.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { parseRelayUrl } from '../../protocol/relayUrl.ts';
import type { DhKey } from '../../secure/crypto.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { causeAndRemedy, hopLine, verdictLines } from '../../status/diagnosisText.ts';
import { dialWs } from '../../tunnel/node/wsLinkSocket.ts';
import type { DiagnoseRun } from '../diagnose.ts';
import { Diagnostics } from '../diagnostics.ts';
import { LeaderLock } from './leaderLock.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';
import { visitRelay } from './visitRelay.ts';

export interface DoctorOptions {
  readonly relay?: string | undefined;
  readonly invite?: string | undefined;
  readonly ollama?: string | undefined;
  readonly model?: string | undefined;
  readonly state?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface DoctorSurroundings {
  readonly print: (line: string) => void;
  /** Calls `stop` on Ctrl+C. @returns what ends the listening */
  readonly onInterrupt: (stop: () => void) => () => void;
  readonly bounds?: DiagnoseRun['bounds'];
}

/**
 * Looks at every hop without taking anybody's place: neither the agent's nor the editor's on this computer, nor another installation's.
 * @returns the exit code: 1 when a hop failed or the run was ended
 */
export async function runDoctor(options: DoctorOptions, { print, onInterrupt, bounds }: DoctorSurroundings): Promise<number> {
  const store = new DisposableStore();
  const stopping = new AbortController();
  const endListening = onInterrupt(() => {
    stopping.abort();
  });
  try {
    const crypto = soundCrypto();
    const kept = readKept(options.state ?? defaultStateFolder());
    const relay = chosenRelay(options, kept.relay);
    const models = store.add(
      new OllamaClient({
        clock: systemClock,
        log: nullLogger,
        environment: process.env['OLLAMA_HOST'],
        settings: () => ({ url: options.ollama }),
      }),
    );
    const diagnostics = store.add(
      new Diagnostics({
        clock: systemClock,
        random: systemRandom,
        crypto,
        dial: dialWs,
        visit: visitRelay,
        // An installation that runs has its place at the relay: then a key of this run alone shows the way as well.
        identityFault: kept.identityFault,
        identity: kept.identity ?? crypto.importKey(systemRandom.bytes(32)),
        models,
        model: options.model,
        relay: () => relay,
        isPaused: () => false,
        bounds,
      }),
    );
    const lines = new InOrder((result) => {
      print(options.json === true ? JSON.stringify({ event: 'hop', ...rounded(result) }) : hopLine(result));
    });
    const diagnosis = await diagnostics.run({ signal: stopping.signal, onHop: lines.take });
    print(options.json === true ? JSON.stringify(verdictEvent(diagnosis)) : ['', ...verdictLines(diagnosis)].join('\n'));
    return firstFailure(diagnosis) || wasCancelled(diagnosis) ? exitCodes.failed : 0;
  } finally {
    endListening();
    store.dispose();
  }
}

function rounded(result: HopResult): HopResult {
  return result.outcome === 'skipped' ? result : { ...result, ms: Math.round(result.ms) };
}

/** Relay and Ollama are looked at side by side; people read one line behind the other. */
class InOrder {
  readonly #found = new Map<string, HopResult>();
  readonly #print: (result: HopResult) => void;
  #next = 0;

  constructor(print: (result: HopResult) => void) {
    this.#print = print;
  }

  readonly take = (result: HopResult): void => {
    this.#found.set(result.hop, result);
    for (;;) {
      const due = this.#found.get(diagnosisHops[this.#next] ?? '');
      if (!due) return;
      this.#next++;
      this.#print(due);
    }
  };
}

function verdictEvent(diagnosis: Diagnosis): Readonly<Record<string, unknown>> {
  const failed = firstFailure(diagnosis);
  const event = { event: 'diagnosis', ok: !failed && !wasCancelled(diagnosis), tookMs: Math.round(diagnosis.tookMs) };
  if (!failed) return { ...event, ...(wasCancelled(diagnosis) && { cancelled: true }) };
  const { cause, remedy } = causeAndRemedy(failed);
  return { ...event, hop: failed.hop, code: failed.error, message: `${cause}.`, remedy };
}

function chosenRelay({ relay, invite }: DoctorOptions, kept: RelaySetting | undefined): RelaySetting | undefined {
  if (relay === undefined) return kept && invite !== undefined ? { ...kept, invite } : kept;
  const own = isSameRelay(relay, kept) ? kept : undefined;
  const chosen = invite ?? own?.invite;
  return { ...own, origin: relay, ...(chosen === undefined ? {} : { invite: chosen }) };
}

function isSameRelay(address: string, kept: RelaySetting | undefined): boolean {
  try {
    return kept?.origin === parseRelayUrl(address);
  } catch {
    return false; // the first hop says so
  }
}

interface Kept {
  readonly relay?: RelaySetting | undefined;
  readonly identity?: DhKey | undefined;
  readonly identityFault?: TunnelError;
}

/** What the state folder holds, if there is one: a doctor makes none. No key while an agent or editor of this user runs. */
function readKept(path: string): Kept {
  if (!existsSync(path)) return {};
  const folder = new StateFolder(path);
  const relay = folder.relayFile.read();
  if (isLed(folder)) return { relay };
  try {
    return { relay, identity: folder.existingIdentity(soundCrypto()) };
  } catch (error) {
    return { relay, identityFault: TunnelError.from(error) };
  }
}

function isLed({ lockFile }: StateFolder): boolean {
  try {
    new LeaderLock(lockFile).dispose();
    return false;
  } catch (error) {
    if (error instanceof TunnelError && error.code === 'anotherLeads') return true;
    throw error;
  }
}
