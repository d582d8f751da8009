import { lookup } from 'node:dns/promises';
import { systemClock, type Clock } from '../../../base/clock.ts';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { goCheckWay, checkHops, type CheckResult, type FailedCheck } from './checkWay.ts';
import { publicWay, type WayOptions } from './publicWay.ts';

/** Flags of `relay check`, as typed. */
export interface CheckFlags {
  readonly json?: boolean;
  readonly idle?: string;
}

export interface CheckSurroundings extends Partial<Pick<WayOptions, 'lookUp' | 'authorities' | 'hopMs'>> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly clock?: Clock;
}

const MAX_IDLE_S = 600;

/**
 * Looks at a relay from outside, as devices and browsers come to it, hop by hop.
 * @param address as typed; undefined: the first of C2L_PUBLIC_URL
 * @returns the exit code: 1 when a hop failed; a warning alone is 0
 * @throws UserError when it is not told where to look
 */
export async function runCheck(address: string | undefined, flags: CheckFlags, surroundings: CheckSurroundings): Promise<number> {
  const { env, print, clock = systemClock, lookUp = systemLookUp } = surroundings;
  const where = address ?? env['C2L_PUBLIC_URL']?.split(',', 1)[0] ?? '';
  if (where === '') throw new UserError('addressRequired', 'There is no address to look at.', 'Type relay check https://relay.example.');
  const ending = new AbortController();
  const options: WayOptions = { ...surroundings, clock, lookUp, address: where, idleMs: readIdle(flags.idle) };
  const isJson = flags.json === true;
  try {
    const begin = clock.monotonic();
    const results = await goCheckWay(publicWay(options, ending.signal), clock, (result) => {
      print(isJson ? `${JSON.stringify({ event: 'hop', ...result })}\n` : `${checkLine(result)}\n`);
    });
    const failed = results.find((result): result is FailedCheck => result.outcome === 'failed');
    const warnings = results.filter((result): result is FailedCheck => result.outcome === 'warned');
    if (isJson) {
      const tookMs = Math.round(clock.monotonic() - begin);
      const { hop, code, message, remedy } = failed ?? {};
      print(`${JSON.stringify({ event: 'check', ok: !failed, warnings: warnings.length, tookMs, hop, code, message, remedy })}\n`);
    } else {
      print(verdict(failed, warnings));
    }
    return failed ? exitCodes.failed : 0;
  } finally {
    ending.abort();
  }
}

const width = Math.max(...Object.values(checkHops).map((title) => title.length));
const marks: Readonly<Record<CheckResult['outcome'], string>> = { passed: 'ok', warned: 'WARNING', failed: 'FAILED', skipped: '–' };

/** One line for one hop: mark, title, time, and what is to be said of it. */
function checkLine(result: CheckResult): string {
  const time = result.outcome === 'skipped' ? '' : `${String(result.ms)} ms`;
  const text = result.outcome === 'passed' ? (result.note ?? '') : result.outcome === 'skipped' ? result.why : result.message;
  return `${marks[result.outcome].padEnd(7)}  ${checkHops[result.hop].padEnd(width)}  ${time.padStart(8)}  ${text}`.trimEnd();
}

function verdict(failed: FailedCheck | undefined, warnings: readonly FailedCheck[]): string {
  const remedies = warnings.map(({ hop, remedy }) => `${checkHops[hop]}: ${remedy}\n`).join('');
  const doubts = remedies === '' ? '' : `\nWarnings, and what to do about them:\n${remedies}`;
  if (failed)
    return `${doubts}\nThe first hop that fails: ${checkHops[failed.hop]}. ${failed.message} [${failed.code}]\nWhat to do: ${failed.remedy}\n`;
  return `${doubts}\nAll is well, from this computer to the relay.\n`;
}

function readIdle(text = '0'): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (seconds <= MAX_IDLE_S) return seconds * 1000;
  throw new UserError(
    'badNumber',
    `--idle ${text}: not a whole number from 0 to ${String(MAX_IDLE_S)}.`,
    'Leave --idle out, or say --idle 60.',
  );
}

const systemLookUp: WayOptions['lookUp'] = (name) => lookup(name, { all: true });
