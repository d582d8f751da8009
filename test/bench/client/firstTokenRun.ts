import { setTimeout as delay } from 'node:timers/promises';
import { Histogram } from '../lib/histogram.ts';
import { nowUs } from '../lib/monotonic.ts';
import { promptFor } from '../lib/tokenLine.ts';
import { AnswerMeter } from './answerMeter.ts';
import type { FromClient, RunSpec } from './messages.ts';
import type { Transport } from './transport.ts';

/** One short answer after the other: from the question to the first token. */
export async function runFirstTokens(
  transport: Transport,
  spec: Extract<RunSpec, { kind: 'firstToken' }>,
  say: (message: FromClient) => void,
  signal: AbortSignal,
): Promise<void> {
  const firstToken = new Histogram();
  const latency = new Histogram();
  const faults: string[] = [];
  const startedAt = nowUs();
  say({ type: 'window', edge: 'begin', tokens: 0 });
  for (let request = 0; request < spec.requests; request++) {
    const fault = await askOnce(transport, spec.cold, firstToken, latency, signal);
    if (fault !== undefined) faults.push(`request ${String(request)}: ${fault}`);
    await delay(spec.gapMs, undefined, { signal });
  }
  say({ type: 'window', edge: 'end', tokens: spec.requests });
  const group = {
    name: 'firstToken',
    tokens: firstToken.count,
    rate: firstToken.count / ((nowUs() - startedAt) / 1e6),
    firstToken: firstToken.encode(),
    latency: latency.encode(),
    intended: latency.encode(),
    longestGapMs: 0,
  };
  say({ type: 'result', groups: [group], faults: faults.slice(0, 10) });
}

function askOnce(
  transport: Transport,
  cold: boolean,
  firstToken: Histogram,
  latency: Histogram,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new Error('an answer did not come in time'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const meter = new AnswerMeter(1, {
      onToken: ({ latencyUs }) => {
        firstToken.record(nowUs() - askedAt);
        latency.record(latencyUs);
      },
      onEnd: (fault) => {
        signal.removeEventListener('abort', onAbort);
        resolve(fault);
      },
    });
    const askedAt = nowUs();
    transport.ask(
      promptFor({ count: 1, rate: 0 }),
      {
        onBytes: (bytes) => {
          meter.pushBytes(bytes);
        },
        onText: (text) => {
          meter.pushText(text);
        },
        onEnd: (error, finished) => {
          if (finished) meter.finish();
          else meter.end(error);
        },
      },
      { cold, index: 0 },
    );
  });
}
