import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { UserError } from '../../src/base/userError.ts';
import { proxyVerb } from '../../src/gateway/node/proxyVerb.ts';
import { TunnelError } from '../../src/protocol/errors.ts';

const key = 'c2l_4OHi4-Tl5ufo6err7O3u7_Dx8vP09fb3-Pn6-_z9_v8_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const relay = 'https://relay.example';

async function refusal(args: readonly string[]): Promise<string> {
  try {
    await proxyVerb()
      .exitOverride()
      .parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof UserError) {
      assert.ok(error.remedy.length > 10);
      return error.code;
    }
    return TunnelError.from(error).code;
  }
  return 'started';
}

describe('the verb proxy', () => {
  let kept: (string | undefined)[];
  beforeEach(() => {
    kept = [process.env['C2L_KEY'], process.env['C2L_RELAY']];
    delete process.env['C2L_KEY'];
    delete process.env['C2L_RELAY'];
  });
  afterEach(() => {
    for (const [index, name] of (['C2L_KEY', 'C2L_RELAY'] as const).entries()) {
      const value = kept[index];
      if (value !== undefined) process.env[name] = value;
    }
  });

  it('names what is missing or wrong, and leaves no signal handler', async () => {
    const handlers = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
    assert.equal(await refusal([]), 'keyRequired');
    assert.equal(await refusal(['--key', key]), 'relayRequired');
    assert.equal(await refusal(['--key', 'sk-x', '--relay', relay]), 'badApiKey');
    assert.equal(await refusal(['--key', key, '--relay', 'http://relay.example']), 'badRelayUrl');
    assert.equal(await refusal(['--key', key, '--relay', relay, '--port', '70000']), 'badNumber');
    assert.equal(await refusal(['--key', key, '--relay', relay, '--port', 'http']), 'badNumber');
    assert.equal(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM'), handlers);
  });

  it('names a port that is taken, before it dials', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    assert.equal(await refusal(['--key', key, '--relay', relay, '--port', String(port)]), 'portInUse');
    await new Promise((resolve) => other.close(resolve));
  });
});
