import assert from 'node:assert/strict';
import { concatBytes, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import type { TunnelError } from '../../src/protocol/errors.ts';
import type { Upstream, UpstreamFlow, UpstreamHead, UpstreamRequest, UpstreamSink } from '../../src/ollama/upstream.ts';

/** What came of one request. */
export class RecordingUpstreamSink implements UpstreamSink {
  readonly heads: UpstreamHead[] = [];
  readonly pieces: Uint8Array[] = [];
  ends = 0;
  readonly errors: TunnelError[] = [];
  onPiece: (() => void) | undefined;

  get text(): string {
    return fromUtf8(concatBytes(...this.pieces));
  }

  get bytes(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** It has heard its last word. */
  get isOver(): boolean {
    return this.ends + this.errors.length > 0;
  }

  onHead(head: UpstreamHead): void {
    assert.ok(!this.isOver && this.heads.length === 0, 'a head too many');
    this.heads.push(head);
  }

  onBody(bytes: Uint8Array): void {
    assert.ok(!this.isOver && this.heads.length === 1, 'a piece without a head, or after the end');
    assert.ok(bytes.length > 0);
    this.pieces.push(bytes);
    this.onPiece?.();
  }

  onEnd(): void {
    assert.ok(!this.isOver);
    this.ends++;
  }

  onError(error: TunnelError): void {
    assert.ok(!this.isOver);
    this.errors.push(error);
  }
}

/** One implementation under test, beside the server that it asks. */
export interface UpstreamHarness {
  readonly upstream: Upstream;
  /** The next answer: text pieces of a chat answer, then how it ends. */
  plan(answer: { readonly pieces: readonly string[]; readonly end?: 'done' | 'reset' }): void;
  /** Answers wait, each piece, for {@link release}. */
  hold(): void;
  release(count?: number): void;
  /** Requests that came, and whether their connection was closed by us before the answer's end. */
  readonly seen: readonly { readonly path: string; readonly body: string; readonly aborted: boolean }[];
  until(condition: () => boolean): Promise<void>;
  end(): Promise<void>;
}

const chat = (content: string): UpstreamRequest => ({
  method: 'POST',
  path: '/api/chat',
  body: utf8(JSON.stringify({ model: 'stand-in:latest', messages: [{ role: 'user', content }] })),
});

/** What every {@link Upstream} promises. */
export function describeUpstream(name: string, make: () => Promise<UpstreamHarness>): void {
  describe(`upstream: ${name}`, () => {
    let harness: UpstreamHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.end());

    const ask = (request: UpstreamRequest): { sink: RecordingUpstreamSink; flow: UpstreamFlow } => {
      const sink = new RecordingUpstreamSink();
      const flow = harness.upstream.forward(request, sink);
      assert.ok(!sink.isOver && sink.heads.length === 0, 'no callback before the return');
      return { sink, flow };
    };

    it('carries a request once, and its answer piece by piece', async () => {
      harness.plan({ pieces: ['one ', 'two ', 'three'] });
      harness.hold();
      const { sink } = ask(chat('count'));
      harness.release(1);
      await harness.until(() => sink.text.includes('one'));
      assert.ok(!sink.text.includes('two'));
      harness.release(2);
      await harness.until(() => sink.ends === 1);
      assert.equal(sink.heads[0]?.status, 200);
      assert.match(sink.text, /one .*\n.*two .*\n.*three[^]*"done":true/);
      assert.equal(harness.seen.length, 1);
      assert.deepEqual(harness.seen[0]?.body, fromUtf8(chat('count').body ?? new Uint8Array()));
    });

    it('tells a whole answer from one that broke off', async () => {
      harness.plan({ pieces: ['one ', 'two '], end: 'reset' });
      const { sink } = ask(chat('break'));
      await harness.until(() => sink.isOver);
      assert.equal(sink.errors[0]?.code, 'ollamaEndedEarly');
      assert.match(sink.text, /two /);
      assert.equal(harness.seen.length, 1, 'never asked again');
    });

    it('closes the connection when it is disposed, and says nothing more', async () => {
      harness.plan({ pieces: ['one ', 'two '] });
      harness.hold();
      const { sink, flow } = ask(chat('stop'));
      harness.release(1);
      await harness.until(() => sink.text.includes('one'));
      flow.dispose();
      flow.dispose();
      await harness.until(() => harness.seen[0]?.aborted === true);
      assert.ok(!sink.isOver);
    });

    it('closes the connection when it is disposed before the answer', async () => {
      harness.plan({ pieces: ['one '] });
      harness.hold();
      const { sink, flow } = ask(chat('stop early'));
      await harness.until(() => harness.seen.length === 1);
      flow.dispose();
      await harness.until(() => harness.seen[0]?.aborted === true);
      assert.equal(sink.heads.length, 0);
    });

    it('gives out nothing while it is paused, and everything afterwards', async () => {
      harness.plan({ pieces: ['one ', 'two ', 'three'] });
      harness.hold();
      const { sink, flow } = ask(chat('pause'));
      harness.release(1);
      await harness.until(() => sink.text.includes('one'));
      flow.pause();
      const before = sink.bytes;
      harness.release(2);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(sink.bytes, before);
      flow.resume();
      await harness.until(() => sink.ends === 1);
      assert.match(sink.text, /two .*\n.*three/);
    });
  });
}
