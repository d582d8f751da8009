import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import type { PullProgress, PullSink } from '../../src/conversation/ports.ts';
import { PULL_STALL_MS, PullReader } from '../../src/ollama/pullReader.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

class Heard implements PullSink {
  readonly progress: PullProgress[] = [];
  readonly ends: ('done' | TunnelError)[] = [];
  onProgress(progress: PullProgress): void {
    this.progress.push(progress);
  }
  onDone(): void {
    this.ends.push('done');
  }
  onError(error: TunnelError): void {
    this.ends.push(error);
  }
}

const layer = (digest: string, total: number, completed?: number): object => ({
  ...{ status: `pulling ${digest}`, digest: `sha256:${digest}`, total },
  ...(completed === undefined ? {} : { completed }),
});

describe('the answer of a download', () => {
  let clock: FakeClock;
  let heard: Heard;
  let reader: PullReader;
  const lines = (...values: readonly object[]): void => {
    reader.onBody(utf8(values.map((value) => `${JSON.stringify(value)}\n`).join('')));
  };

  beforeEach(() => {
    clock = new FakeClock();
    heard = new Heard();
    reader = new PullReader(heard, clock);
    reader.onHead({ status: 200 });
  });

  it('adds up its layers, names its steps, and is done with success alone', () => {
    lines({ status: 'pulling manifest' }, layer('a', 100), layer('a', 100, 40), layer('b', 10, 10), layer('a', 100, 100));
    lines({ status: 'verifying sha256 digest' }, { status: 'writing manifest' }, { status: 'removing unused layers' });
    assert.deepEqual(
      heard.progress.map(({ step, completed, total }) => [step, completed, total]),
      [
        ['manifest', 0, 0],
        ['downloading', 0, 100],
        ['downloading', 40, 100],
        ['downloading', 50, 110],
        ['downloading', 110, 110],
        ['verifying', 110, 110],
        ['finishing', 110, 110],
        ['finishing', 110, 110],
      ],
    );
    lines({ status: 'success' });
    reader.onEnd();
    assert.deepEqual(heard.ends, ['done']);
    assert.equal(clock.pendingTimers, 0);
  });

  it('believes no layer that has more than there is, and goes on when Ollama finds a new word', () => {
    lines(layer('a', 100, 5_000), { status: 'a word from the future' }, { status: 5 }, layer('b', 1));
    assert.deepEqual(heard.progress[1], { step: 'downloading', completed: 100, total: 100 });
    assert.equal((heard.ends[0] as TunnelError).detail, 'a line makes no sense');
  });

  const failures: readonly (readonly [string, string, () => void, string | undefined])[] = [
    [
      'on an error line in the middle',
      'ollamaPullFailed',
      () => {
        lines(layer('a', 9), { error: 'max retries exceeded: EOF' }, { status: 'success' });
      },
      'max retries exceeded: EOF',
    ],
    [
      'when it ends without success',
      'ollamaPullFailed',
      () => {
        lines(layer('a', 9, 9));
        reader.onEnd();
      },
      'it broke off',
    ],
    [
      'when its connection dies',
      'ollamaPullFailed',
      () => {
        reader.onError(new TunnelError('ollamaEndedEarly'));
      },
      'it broke off',
    ],
    [
      'on a line that is no JSON',
      'ollamaPullFailed',
      () => {
        reader.onBody(utf8('{"status": oops}\n'));
      },
      'a line is no JSON',
    ],
  ];
  for (const [what, code, play, detail] of failures)
    it(`ends with ollamaPullFailed ${what}`, () => {
      play();
      reader.onEnd();
      assert.equal(heard.ends.length, 1);
      const [end] = heard.ends;
      assert.ok(end instanceof TunnelError);
      assert.equal(end.code, code);
      if (what !== 'on a line that is no JSON') assert.equal(end.detail, detail);
      assert.equal(clock.pendingTimers, 0);
    });

  const causes = [
    ['ollamaDiskFull', 'write /home/ann/.ollama/models/blobs/sha256-1-partial: no space left on device'],
    ['ollamaDiskFull', 'write C:\\Users\\ann\\.ollama\\x: There is not enough space on the disk.'],
    ['ollamaUnknownModel', 'pull model manifest: file does not exist'],
    ['ollamaUnknownModel', 'invalid model name'],
    ['ollamaOffline', 'pull model manifest: Get "https://registry.ollama.ai/v2/x": dial tcp: lookup registry.ollama.ai: no such host'],
    ['ollamaOffline', 'max retries exceeded: Get "https://x": net/http: TLS handshake timeout'],
  ] as const;
  for (const where of ['in a refusal', 'in a line'])
    it(`knows a full disk, an unknown name and a machine that is offline ${where}`, () => {
      for (const [code, error] of causes) {
        const one = new Heard();
        const other = new PullReader(one, clock);
        other.onHead({ status: where === 'in a refusal' ? 500 : 200 });
        other.onBody(utf8(`${JSON.stringify({ error })}\n`));
        other.onEnd();
        assert.deepEqual(
          one.ends.map((end) => (end === 'done' ? end : [end.code, end.detail])),
          [[code, undefined]],
        );
      }
    });

  it('stalls when nothing comes for five minutes, and not before', async () => {
    lines(layer('a', 9));
    await clock.advance(PULL_STALL_MS - 1);
    lines(layer('a', 9, 1));
    await clock.advance(PULL_STALL_MS - 1);
    assert.equal(heard.ends.length, 0);
    await clock.advance(1);
    assert.equal((heard.ends[0] as TunnelError).detail, 'it has stalled');
  });

  it('reads a refusal, keeps paths to itself, and passes on what is wrong with Ollama', () => {
    reader.onHead({ status: 400 });
    reader.onBody(utf8('{"error":"invalid model '));
    reader.onBody(utf8('name"}'));
    reader.onEnd();
    const [end] = heard.ends;
    assert.ok(end instanceof TunnelError);
    assert.deepEqual([end.code, end.detail], ['ollamaUnknownModel', undefined]);

    const other = new Heard();
    const second = new PullReader(other, clock);
    second.onHead({ status: 200 });
    second.onBody(utf8('{"error":"open /home/ann/.ollama/x: permission denied"}\n'));
    assert.equal((other.ends[0] as TunnelError).detail, 'open …');
    const third = new PullReader(other, clock);
    third.onError(new TunnelError('ollamaNotRunning'));
    assert.equal((other.ends.at(-1) as TunnelError).code, 'ollamaNotRunning');
  });

  it('says nothing more once it is disposed', () => {
    reader.dispose();
    lines({ status: 'success' });
    reader.onEnd();
    assert.deepEqual([heard.progress, heard.ends, clock.pendingTimers], [[], [], 0]);
  });
});
