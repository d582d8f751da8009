import { fromUtf8 } from '../../src/base/bytes.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeUpstream, type FakeFlow } from '../fakes/fakeUpstream.ts';
import { describeUpstream, type UpstreamHarness } from './upstreamConformance.ts';

const line = (content: string, done: boolean): string => `${JSON.stringify({ message: { content }, done })}\n`;

/** Plays Ollama to a fake: each turn it lets every request go one step further. */
function makeHarness(): UpstreamHarness {
  const upstream = new FakeUpstream();
  const steps = new Map<FakeFlow, number>();
  let pieces: readonly string[] = [];
  let end: 'done' | 'reset' = 'done';
  let permits = Infinity;
  const step = (flow: FakeFlow): void => {
    const at = steps.get(flow) ?? 0;
    if (flow.isOver || flow.isPaused) return;
    if (at < pieces.length) {
      if (permits < 1) return;
      permits--;
      if (at === 0) flow.head({ status: 200, contentType: 'application/x-ndjson' });
      flow.body(line(pieces[at] ?? '', false));
    } else if (end === 'reset') flow.fail(new TunnelError('ollamaEndedEarly'));
    else {
      flow.body(line('', true));
      flow.end();
    }
    steps.set(flow, at + 1);
  };
  return {
    upstream,
    plan(answer) {
      ({ pieces, end = 'done' } = answer);
    },
    hold() {
      permits = 0;
    },
    release(count = 1) {
      permits += count;
    },
    get seen() {
      return upstream.flows.map((flow) => ({
        path: flow.request.path,
        body: fromUtf8(flow.request.body ?? new Uint8Array()),
        aborted: flow.isDisposed && !flow.isOver,
      }));
    },
    async until(condition) {
      for (let turns = 0; !condition(); turns++) {
        if (turns > 1_000) throw new Error(`never: ${condition.toString()}`);
        await Promise.resolve();
        for (const flow of upstream.flows) step(flow);
      }
    },
    end: () => Promise.resolve(),
  };
}

describeUpstream('the fake', () => Promise.resolve(makeHarness()));
