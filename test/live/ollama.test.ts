import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { suggestModel } from '../../src/conversation/suggestModel.ts';
import { OllamaClient } from '../../src/ollama/node/ollamaClient.ts';
import { describeModelClientBasics } from '../contract/modelClientBasics.ts';
import { RecordingSink } from '../contract/recordingSink.ts';
import { until } from '../standin/until.ts';

/** A cold model may take minutes to load. */
const PATIENCE_MS = 240_000;

describe('a real Ollama', () => {
  const environment = process.env['OLLAMA_HOST'];
  let model = process.env['C2L_LIVE_MODEL'];

  const connect = (): OllamaClient => new OllamaClient({ clock: systemClock, log: nullLogger, environment });

  before('is at OLLAMA_HOST', async () => {
    assert.ok(
      environment !== undefined && environment !== '',
      'set OLLAMA_HOST to a running Ollama, and C2L_LIVE_MODEL to one of its models',
    );
    const client = connect();
    try {
      const status = await client.check();
      assert.equal(status.state, 'ok', `OLLAMA_HOST ${environment} is ${status.state}`);
      model ??= suggestModel(await client.listModels(), undefined);
      console.log(`    Ollama ${status.version ?? ''}${status.standIn === true ? ' (the stand-in)' : ''}, model ${model ?? 'none'}`);
    } finally {
      client.dispose();
    }
  });

  describeModelClientBasics('real', () => {
    const client = connect();
    return Promise.resolve({
      client,
      model: model ?? '',
      until: (condition: () => boolean) => until(condition, PATIENCE_MS),
      end() {
        client.dispose();
        return Promise.resolve();
      },
    });
  });

  it('repeats a word from the question', async () => {
    const client = connect();
    try {
      const nonce = `zebra${String(Math.floor(Math.random() * 1e6))}`;
      const sink = new RecordingSink();
      client.generate(
        { model: model ?? '', messages: [{ role: 'user', content: `Repeat this word and say nothing else: ${nonce}` }] },
        sink,
      );
      await until(() => sink.isOver, PATIENCE_MS);
      assert.equal(sink.error, undefined);
      assert.ok(sink.text.includes(nonce), 'the model did not repeat the word');
    } finally {
      client.dispose();
    }
  });
});
