import assert from 'node:assert/strict';
import { UserError } from '../../src/base/userError.ts';
import { runConfig } from '../../src/relay/node/configCommand.ts';
import { describeSettings, readRelaySettings, readSecret, type RelayFlags, type RelaySettings } from '../../src/relay/node/settings.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const secret = 'a secret of sufficient length';

function read(flags: RelayFlags = {}, env: Record<string, string> = {}): RelaySettings {
  return readRelaySettings(flags, env, new SeededRandom(1));
}

function refusal(flags: RelayFlags, env: Record<string, string> = {}): string {
  try {
    read(flags, env);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.ok(error.remedy.length > 10 && error.exitCode === 2);
    return error.code;
  }
  return 'accepted';
}

describe('the relay’s settings', () => {
  it('need nothing on loopback, and make a secret for this run', () => {
    const settings = read();
    assert.deepEqual([settings.host, settings.port, settings.publicOrigins, settings.trustedHops], ['127.0.0.1', 8787, [], 0]);
    assert.ok(settings.admission.kind === 'invites' && settings.admission.isGenerated && settings.admission.secret.length >= 32);
    const other = readRelaySettings({}, {}, new SeededRandom(2));
    assert.notDeepEqual(other.admission, settings.admission);
  });

  it('want the public address beyond loopback', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'relay.example', '128.0.0.1'])
      assert.equal(refusal({ host, secret }), 'publicUrlRequired', host);
    for (const host of ['localhost', '::1', '[::1]', '127.0.0.2']) assert.equal(refusal({ host }), 'accepted', host);
  });

  it('want a secret, or the word that the relay is open, as soon as others can reach it', () => {
    const publicUrl = ['https://relay.example'];
    assert.equal(refusal({ host: '0.0.0.0', publicUrl }), 'secretRequired');
    assert.equal(refusal({ publicUrl }), 'secretRequired', 'behind a proxy on the same machine');
    assert.equal(refusal({ host: '0.0.0.0', publicUrl, open: true }), 'accepted');
    assert.equal(refusal({ host: '0.0.0.0', publicUrl }, { C2L_SECRET: secret }), 'accepted');
    assert.equal(refusal({ publicUrl: ['http://127.0.0.1:9000'] }), 'accepted');
  });

  it('take the addresses of NATS, and never show who we are there', () => {
    assert.equal(read().nats, undefined);
    assert.equal(read({}, { C2L_NATS: '' }).nats, undefined);
    const env = { C2L_NATS: 'nats://ann:se%2Fcret@a.example, tls://token@[::1]:4333/' };
    const settings = read({}, env);
    assert.deepEqual(settings.nats, [
      { host: 'a.example', port: 4222, tls: false, user: 'ann', pass: 'se/cret' },
      { host: '::1', port: 4333, tls: true, token: 'token' },
    ]);
    assert.equal(describeSettings(settings)['nats'], 'nats://a.example:4222 tls://[::1]:4333');
    assert.equal(describeSettings(read())['nats'], 'off');
    assert.deepEqual(read({ nats: 'nats://b' }, env).nats, [{ host: 'b', port: 4222, tls: false }]);
  });

  it('refuse what is no address of a NATS server, without repeating it: it may hold a password', () => {
    const many = new Array<string>(17).fill('nats://a').join(',');
    for (const nats of ['', 'a:4222', 'http://a', 'nats://', 'nats://a/path', 'nats://a?x', 'nats://%zz@a', 'nats://a,,', many]) {
      assert.equal(refusal({ nats }), 'badNatsUrl', nats);
    }
    assert.throws(
      () => read({ nats: 'nats://ann:hunter2@a/path' }),
      (error) => error instanceof UserError && error.message.includes('--nats') && !/hunter2|ann/.test(error.message + error.remedy),
    );
    assert.throws(() => read({}, { C2L_NATS: 'x' }), /C2L_NATS/);
  });

  it('take flags before environment', () => {
    const env = {
      C2L_PORT: '1',
      C2L_HOST: '::1',
      C2L_PUBLIC_URL: 'https://a.example, wss://b.example',
      C2L_SECRET: secret,
      C2L_REVOKED: 'x,y',
      C2L_TRUSTED_HOPS: '2',
    };
    const byEnv = read({}, env);
    assert.deepEqual([byEnv.port, byEnv.host, byEnv.publicOrigins], [1, '::1', ['https://a.example', 'https://b.example']]);
    assert.deepEqual([[...byEnv.revoked], byEnv.trustedHops], [['x', 'y'], 2]);
    const byFlag = read({ port: '2', host: '127.0.0.1', publicUrl: ['https://c.example'], revoked: 'z', trustedHops: '0' }, env);
    assert.deepEqual(
      [byFlag.port, byFlag.host, byFlag.publicOrigins, [...byFlag.revoked], byFlag.trustedHops],
      [2, '127.0.0.1', ['https://c.example'], ['z'], 0],
    );
    assert.equal(read({}, { C2L_OPEN: '1' }).admission.kind, 'open');
  });

  it('name what is wrong and what to type instead', () => {
    assert.equal(refusal({ port: '70000' }), 'badNumber');
    assert.equal(refusal({ port: '-1' }), 'badNumber');
    assert.equal(refusal({ port: 'http' }), 'badNumber');
    assert.equal(refusal({ trustedHops: '11' }), 'badNumber');
    assert.equal(refusal({ publicUrl: ['http://relay.example'], secret }), 'badPublicUrl');
    assert.equal(refusal({ publicUrl: ['https://relay.example/path'], secret }), 'badPublicUrl');
    assert.equal(refusal({ secret: 'short' }), 'secretTooShort');
    assert.equal(refusal({ revoked: 'Anna' }), 'badInviteName');
    assert.equal(refusal({}, { C2L_OPEN: 'perhaps' }), 'badFlag');
  });

  it('serve no API of their own accord, and say in print when they do and what that means', () => {
    assert.deepEqual([read().gateway, describeSettings(read())['gateway']], [false, 'off']);
    for (const settings of [read({ gateway: true }), read({}, { C2L_GATEWAY: '1' })]) {
      assert.equal(settings.gateway, true);
      assert.equal(describeSettings(settings)['gateway'], 'on, this relay reads what passes through it');
    }
    assert.equal(refusal({}, { C2L_GATEWAY: 'perhaps' }), 'badFlag');
  });

  it('read an empty secret as none', () => {
    assert.equal(readSecret({}, { C2L_SECRET: '' }), undefined);
  });

  it('hide the secret when they are printed', () => {
    for (const settings of [read({ secret }), read(), read({ open: true })]) {
      const text = JSON.stringify(describeSettings(settings));
      assert.ok(!text.includes(secret), text);
      if (settings.admission.kind === 'invites') assert.ok(!text.includes(new TextDecoder().decode(settings.admission.secret)));
    }
    assert.match(JSON.stringify(describeSettings(read({ secret }))), /hidden/);
  });

  it('are checked and printed by relay config, for people and for scripts, the secret hidden', () => {
    let printed = '';
    const surroundings = {
      env: { C2L_SECRET: secret, C2L_PUBLIC_URL: 'https://relay.example' },
      print: (text: string): void => void (printed += text),
    };
    runConfig({ revoked: 'anna,ben', trustedHops: '1' }, surroundings);
    assert.match(
      printed,
      /^host +127\.0\.0\.1\nport +8787\norigins +https:\/\/relay\.example\nadmission +invites, secret hidden\ntrustedHops +1\nrevoked +2\n/,
    );
    printed = '';
    runConfig({ json: true }, surroundings);
    const event = JSON.parse(printed) as Record<string, unknown>;
    assert.deepEqual([event['event'], event['origins'], event['admin']], ['config', 'https://relay.example', 'off']);
    assert.ok(!printed.includes(secret));
    assert.throws(
      () => {
        runConfig({ host: '0.0.0.0' }, { env: {}, print: surroundings.print });
      },
      { code: 'publicUrlRequired' },
    );
  });

  it('have no admin address until one is named, and none beyond loopback until that is said too', () => {
    assert.deepEqual([read().admin, describeSettings(read())['admin']], [undefined, 'off']);
    const table: [text: string, host: string, port: number][] = [
      ['127.0.0.1:9000', '127.0.0.1', 9000],
      ['9000', '127.0.0.1', 9000],
      ['localhost', 'localhost', 8788],
      ['[::1]:0', '::1', 0],
    ];
    for (const [text, host, port] of table) {
      assert.deepEqual(read({ adminBind: text }).admin, { host, port }, text);
      assert.deepEqual(read({}, { C2L_ADMIN: text }).admin, { host, port }, text);
    }
    for (const text of ['', ':', '127.0.0.1:', '127.0.0.1:65536', 'a b:1', 'http://127.0.0.1:1', '::1:8788', '127.0.0.1:1:2'])
      assert.equal(refusal({ adminBind: text }), 'badAdminAddress', text);
    for (const text of ['0.0.0.0:8788', '[::]:8788', '10.0.0.7:8788', 'relay.example']) {
      assert.equal(refusal({ adminBind: text }), 'adminExposed', text);
      assert.equal(refusal({}, { C2L_ADMIN: text }), 'adminExposed', text);
      assert.equal(refusal({ adminBind: text, adminExposed: true }), 'accepted', text);
      assert.equal(refusal({ adminBind: text }, { C2L_ADMIN_EXPOSED: '1' }), 'accepted', text);
    }
    assert.equal(describeSettings(read({ adminBind: '[::1]:1' }))['admin'], '[::1]:1');
  });
});
