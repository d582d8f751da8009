import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Diagnosis } from '../../src/protocol/diagnosis.ts';
import { toBase64url, utf8 } from '../../src/base/bytes.ts';
import { formatApiKey, generateApiKey } from '../../src/secure/apiKey.ts';
import { mintInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { formatPairingLink } from '../../src/secure/pairingLink.ts';
import { formatPairingCode, generatePairingSecret } from '../../src/secure/pairingSecret.ts';
import { redact, type Private } from '../../src/status/redact.ts';
import { reportText, type ReportFacts } from '../../src/status/report.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const own: Private = { home: '/home/jane', names: ['jane', 'janes-laptop'], relayHost: 'relay.jane.example:8443' };
const random = new SeededRandom(3);
const apiKey = formatApiKey(generateApiKey(random, random.bytes(32)));
const secret = generatePairingSecret(random);
const code = formatPairingCode(secret);
const link = formatPairingLink({ origin: 'https://relay.jane.example:8443', deviceKey: random.bytes(32), secret });
const invite = mintInvite(nodeCrypto, utf8('sixteen bytes or more'), 'desk', 1_900_000_000);
const id = toBase64url(random.bytes(16));

const table: readonly (readonly [what: string, text: string, safe: string])[] = [
  ['an API key', `key ${apiKey}.`, 'key <API key>.'],
  ['a pairing link', `open ${link} now`, 'open <link with a secret> now'],
  ['a pairing code', `type ${code}`, 'type <pairing code>'],
  ['a pairing code in small letters', `type ${code.toLowerCase()}`, 'type <pairing code>'],
  ['an invite', `--relay U ${invite}`, '--relay U <invite>'],
  ['a join link', `https://other.example/join#${invite}`, '<link with a secret>'],
  ['an id', `client ${id} left`, 'client <id> left'],
  ['a hash', `sha ${'0a'.repeat(32)}`, 'sha <id>'],
  ['a header', 'Authorization: Bearer abc.def\nnext', 'Authorization: <secret>\nnext'],
  ['a bearer token', 'said bearer abcdefgh12', 'said bearer <secret>'],
  ['a named secret', 'C2L_SECRET=hunter2 --token abc, "password": "p w"', 'C2L_SECRET=<secret> --token <secret>, "password": <secret>'],
  ['credentials in an address', 'http://bob:pw@127.0.0.1:11434/', 'http://127.0.0.1:11434/'],
  ['a query', 'http://127.0.0.1/x?q=my+question', 'http://127.0.0.1/x?<query>'],
  ['a question in a fragment', 'https://a.example/#chat', '<link with a secret>'],
  ['the relay', 'at https://relay.jane.example:8443 and relay.jane.example', 'at https://<relay> and <relay>'],
  ['another host', 'at https://nas.lan:11434/api', 'at https://<host>:11434/api'],
  ['an address in a network', '192.168.1.20:11434', '<address>:11434'],
  ['an IPv6 address', 'at fe80::1ff:fe23:4567:890a now', 'at <address> now'],
  ['this computer', 'http://127.0.0.1:11434 http://[::1]:8787 http://localhost:1', 'http://127.0.0.1:11434 http://[::1]:8787 http://localhost:1'],
  ['the home folder', 'in /home/jane/.config/x', 'in ~/.config/x'],
  ['somebody else’s home folder', '/Users/bob/x and C:\\Users\\bob\\x', '~/x and ~\\x'],
  ['an e-mail address', 'jane.doe@mail.example', '<e-mail>'],
  ['names of user and machine', 'JANE on janes-laptop', '<name> on <name>'],
  ['a name inside a word', 'Ganejane', 'Ganejane'],
  ['what is nobody’s secret', 'ok  Ollama 12 ms  0.33.0 · stand-in:latest [ollamaNoModels]', 'ok  Ollama 12 ms  0.33.0 · stand-in:latest [ollamaNoModels]'],
]; // prettier-ignore

describe('redaction', () => {
  for (const [what, text, safe] of table)
    it(`leaves ${text === safe ? '' : 'nothing of '}${what}`, () => {
      assert.equal(redact(text, own), safe);
    });

  it('changes nothing that it has already changed', () => {
    for (const [, text] of table) assert.equal(redact(redact(text, own), own), redact(text, own));
  });

  it('finds secrets in whatever stands around them', () => {
    const around = fc.string({ unit: fc.constantFrom(' ', '"', "'", '(', ')', '\n', ',', ';', '<', '>', '|', '`') });
    fc.assert(
      fc.property(around, around, fc.constantFrom(apiKey, invite, code, id), (before, after, hidden) => {
        assert.ok(!redact(`x ${before}${hidden}${after} y`, own).includes(hidden));
      }),
    );
  });

  it('takes no longer for a long text than its length', () => {
    for (const unit of ['a', 'a-', '1.', 'http://', ':', 'a1', '/home/', 'secret=']) {
      const begin = performance.now();
      redact(unit.repeat(Math.ceil(50_000 / unit.length)), own);
      assert.ok(performance.now() - begin < 2_000, unit);
    }
  });

  it('lets no canary into a report, wherever it got in', () => {
    const canaries = [apiKey, link, code, invite, id, '/home/jane', 'jane', 'janes-laptop', 'relay.jane.example', '10.1.2.3'];
    const canary = canaries.join(' ');
    const diagnosis: Diagnosis = {
      startedAt: 0,
      tookMs: 10,
      hops: [
        { hop: 'address', outcome: 'passed', ms: 1, note: `https://relay.jane.example:8443 ${canary}` },
        { hop: 'network', outcome: 'failed', ms: 1, error: 'relayUnreachable', detail: canary },
      ],
    };
    const facts: ReportFacts = {
      programs: [canary],
      events: [{ state: 'error', error: 'relayUnreachable', endpoint: `https://relay.jane.example ${canary}`, timestamp: 0 }],
      metrics: undefined,
      ollama: { state: 'ok', url: `http://bob:pw@10.1.2.3:11434/${canary}`, version: canary },
      ...{ clientsPaired: 1, clientsOnline: 0, paused: false, diagnosis, now: 0 },
    };
    const report = reportText(facts, own);
    assert.ok(!report.includes('bob'));
    for (const each of canaries) assert.ok(!report.toLowerCase().includes(each.toLowerCase()), `${each}\n${report}`);
    assert.match(report, /FAILED {2}Name and network/);
    assert.match(report, /1970-01-01T00:00:00\.000Z error relayUnreachable/);
  });
});
