import assert from 'node:assert/strict';
import { LINKS_PER_ADDRESS } from '../../src/protocol/limits.ts';
import { LinkEnd } from './linkEnd.ts';
import { CliProcess, runners, type Runner } from './relayProcess.ts';
import { rawExchange, upgradeBytes, type RawAnswer } from './support/rawHttp.ts';

const [source] = runners as [Runner];

async function flood(port: number, count: number, addressOf: (index: number) => string): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, (_, index) =>
      rawExchange(port, upgradeBytes(port, [`X-Forwarded-For: ${addressOf(from + index)}`])),
    );
    answers.push(...(await Promise.all(batch)));
  }
  return answers;
}

describe('a flood of links over real sockets', () => {
  let relay: CliProcess;
  let url: string;
  let port: number;
  const start = async (...args: string[]): Promise<void> => {
    relay = new CliProcess(source, ['relay', '--port', '0', '--json', '--open', ...args], { C2L_LOG_LEVEL: 'error' });
    url = String((await relay.event('listening'))['url']);
    port = Number(new URL(url).port);
  };
  afterEach(() => relay.kill());

  it('from one /64 is answered 429 with Retry-After beyond its burst, while the links of others stand and new ones come', async () => {
    await start('--trusted-hops', '1');
    const device = await LinkEnd.device(url, '', ['token']);
    const client = await LinkEnd.client(url, 'token', { headers: { 'x-forwarded-for': '203.0.113.9' } });
    const { circuit } = await device.next('joined');
    const before = performance.now();
    const answers = await flood(port, 1_500, (index) => `2001:db8::${(index + 1).toString(16)}`);
    const most = LINKS_PER_ADDRESS.burst + Math.ceil(((performance.now() - before) / 1000) * LINKS_PER_ADDRESS.perSecond);
    const taken = answers.filter(({ status }) => status === 101).length;
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(taken + refused.length, 1_500);
    assert.ok(taken >= LINKS_PER_ADDRESS.burst && taken <= most, `${String(taken)} of at most ${String(most)}`);
    assert.ok(refused.length > 0);
    for (const { headers, body } of refused) {
      assert.match(new Map(headers).get('retry-after') ?? '', /^[1-9]\d?$/);
      assert.equal((JSON.parse(body) as { error: string }).error, 'relayBusy');
    }
    const other = await LinkEnd.client(url, 'token', { headers: { 'x-forwarded-for': '2001:db8:0:1::1' } });
    await other.next('joined');
    device.record(Buffer.from('still here'), circuit);
    await client.until(() => client.records.length === 1);
    for (const end of [device, client, other]) end.ws.terminate();
  });

  it('under addresses that a stranger wrote himself counts for the one that the trusted proxy saw', async () => {
    await start('--trusted-hops', '1');
    const answers = await flood(port, 600, (index) => `198.51.100.${String(index % 256)}, 203.0.113.5`);
    assert.ok(answers.some(({ status }) => status === 429));
  });

  it('behind a proxy that the relay was not told of counts for nobody, whatever is reported', async () => {
    await start();
    const answers = await flood(port, 600, () => '203.0.113.5');
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([101]));
  });
});
