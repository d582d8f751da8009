import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { freePort } from '../support/stack.ts';
import { layOut, placed, proxyPrograms } from './deployedProxy.ts';

const guide = readFileSync(join(root, 'docs/RELAY.md'), 'utf8');
const hostNode = process.env['C2L_HOST_NODE'] ?? process.execPath;

/** The commands of a section, up to the next of its kind or above. */
function commandsOf(heading: string): string[] {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const from = guide.indexOf(`\n${heading}\n`);
  assert.notEqual(from, -1, heading);
  const [section = ''] = guide.slice(from + heading.length + 2).split(new RegExp(`^#{1,${String(level)}} `, 'm'));
  return [...section.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line);
}

/** Programs that are not run, as the guide says itself. */
function untried(): string[] {
  const [, names = ''] = /except these, in whose place it only notes what they were told:\n((?:\s*`[\w-]+`,?)+)/.exec(guide) ?? [];
  return [...names.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);
}

interface Machine {
  readonly folder: string;
  /** Runs lines as typed, in one shell. @returns what they printed */
  type(lines: readonly string[]): string;
  /** What the programs were told that are not run. */
  readonly told: readonly string[];
  stop(): void;
}

/** A server to type on: its `/etc` and `/opt` are in a folder, `sudo` changes nobody. */
async function machine(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'c2l-guide-'));
  const bin = join(folder, 'bin');
  const [port, admin] = [String(await freePort()), String(await freePort())];
  for (const each of ['bin', 'home', 'etc/systemd/system', 'etc/caddy', 'etc/nginx/conf.d', 'opt'])
    mkdirSync(join(folder, each), { recursive: true });
  const program = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const placedText = (text: string): string =>
    text
      .replaceAll(/(^|[\s>])\/(etc|opt)\//gm, (_whole, before: string, name: string) => `${before}${folder}/${name}/`)
      .replaceAll('127.0.0.1:8787', `127.0.0.1:${port}`)
      .replaceAll(/^NAME=relay\.example$/gm, 'NAME=localhost');
  for (const name of [...untried(), 'nginx']) program(name, `echo "${name} $*" >> ${folder}/told`);
  program('sudo', 'exec "$@"');
  symlinkSync(hostNode, join(bin, 'node'));
  const unit = `${folder}/etc/systemd/system/cloudtolocalllm-relay.service`;
  program(
    'systemctl',
    `echo "systemctl $*" >> ${folder}/told
case "$*" in *cloudtolocalllm-relay) ;; *) exit 0 ;; esac
[ -f ${folder}/pid ] && kill "$(cat ${folder}/pid)" && while kill -0 "$(cat ${folder}/pid)" 2>/dev/null; do sleep 0.1; done
cat ${folder}/log >> ${folder}/logs 2>/dev/null
: > ${folder}/log
set -a
. "${folder}$(sed -n 's/^EnvironmentFile=//p' ${unit})"
C2L_PORT=${port}
cd ${folder}
$(sed -n -e 's#:8788#:${admin}#' -e 's#/usr/bin/node#${hostNode}#' -e 's#/opt/#${folder}/opt/#' -e 's/^ExecStart=//p' ${unit}) >> ${folder}/log 2>&1 &
echo $! > ${folder}/pid
until grep -q 'relay started' ${folder}/log; do sleep 0.1; done`,
  );
  return {
    folder,
    type: (lines) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-euc', placedText(lines.join('\n'))], {
        cwd: join(folder, 'home'),
        env: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: join(folder, 'home') },
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.equal(status, 0, `${lines.join('\n')}\n${stdout}${stderr}`);
      return stdout;
    },
    get told() {
      return existsSync(join(folder, 'told')) ? readFileSync(join(folder, 'told'), 'utf8').trimEnd().split('\n') : [];
    },
    stop: () => {
      if (existsSync(join(folder, 'pid'))) {
        const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
        // a relay that was asked to end may have done so
        spawnSync('sh', ['-c', `kill ${String(pid)}; while kill -0 ${String(pid)}; do sleep 0.1; done`], { timeout: 10_000 });
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe('the guide of docs/RELAY.md, typed line by line', () => {
  let server: Machine;
  beforeEach(async () => {
    server = await machine();
  });
  afterEach(() => {
    server.stop();
  });

  it('starts a relay as a service, lets a computer in, puts nginx and Caddy before it, and updates it', function () {
    this.timeout(90_000);
    const { folder } = server;
    const [name = '', ...program] = commandsOf('### The program').slice(-3);
    const pack = commandsOf('### The program').filter((line) => line.startsWith('tar '));
    assert.equal(
      spawnSync('sh', ['-euc', pack.join('\n').replace('relay.tar.gz', join(folder, 'home', 'relay.tar.gz'))], { cwd: root }).status,
      0,
    );

    const health = server.type([name, ...program, ...commandsOf('### The service')]);
    assert.equal(health, 'ok\n');
    const env = readFileSync(join(folder, 'etc/cloudtolocalllm/relay.env'), 'utf8');
    assert.match(env, /^C2L_PUBLIC_URL=https:\/\/localhost\nC2L_SECRET=[A-Za-z0-9+/]{43}=\n$/);
    const [secret = ''] = /(?<=SECRET=).+/.exec(env) ?? [];

    const [invite = '', link] = server.type(commandsOf('## Let a computer in')).split('\n');
    assert.match(invite, /^anna\.\d+\./);
    assert.equal(link, `https://localhost/join#${invite}`);

    server.type([name, ...commandsOf('### https with Caddy')]);
    assert.equal(readFileSync(join(folder, 'etc/caddy/Caddyfile'), 'utf8'), placed('Caddyfile', [['relay.example', 'localhost']]));
    server.type([name, ...commandsOf('### https with nginx')]);
    assert.equal(
      readFileSync(join(folder, 'etc/nginx/conf.d/cloudtolocalllm.conf'), 'utf8'),
      placed('nginx.conf', [['relay.example', 'localhost']]),
    );

    const before = readFileSync(join(folder, 'pid'), 'utf8');
    server.type(commandsOf('## Update').slice(0, 4));
    assert.notEqual(readFileSync(join(folder, 'pid'), 'utf8'), before);
    assert.equal(server.type(['curl --silent http://127.0.0.1:8787/healthz']), 'ok\n');
    assert.deepEqual(server.told, [
      'systemctl enable --now cloudtolocalllm-relay',
      'apt-get install caddy',
      'systemctl reload caddy',
      'apt-get install nginx certbot',
      'certbot certonly --webroot --webroot-path /var/www/html --domain localhost --deploy-hook systemctl reload nginx',
      'nginx -t',
      'systemctl reload nginx',
      'systemctl restart cloudtolocalllm-relay',
    ]);
    for (const log of ['log', 'logs']) {
      const text = readFileSync(join(folder, log), 'utf8');
      assert.ok(text.includes('relay started') && !text.includes(secret), log);
    }
  });

  it('makes what Compose needs beside its file', () => {
    const { folder } = server;
    mkdirSync(join(folder, 'home', 'deploy'));
    server.type(commandsOf('## With Docker Compose'));
    assert.match(readFileSync(join(folder, 'home/deploy/.env'), 'utf8'), /^RELAY_NAME=relay\.example\nC2L_SECRET=[A-Za-z0-9+/]{43}=\n$/);
    server.type(commandsOf('## Update').slice(4));
    const compose = 'docker compose --file deploy/compose.yaml';
    const up = `${compose} up --detach --build`;
    assert.deepEqual(server.told, [up, `${compose} exec relay node cli.mjs relay invite anna`, 'git pull', up]);
    assert.equal(existsSync(join(root, 'deploy/compose.yaml')), true);
  });

  if (proxyPrograms.nginx !== undefined) {
    it('has nginx judge the file as it judges one on a server: nginx -t', async () => {
      const place = { folder: server.folder, port: await freePort(), plainPort: await freePort(), relayPort: await freePort() };
      const { args } = layOut('nginx', place);
      const { status, stderr } = spawnSync(proxyPrograms.nginx ?? '', [...args, '-t'], { encoding: 'utf8', timeout: 20_000 });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /test is successful/);
    });
  }

  it('names every program that the test does not run, and no other', () => {
    const all = ['## With Docker Compose', '## With systemd', '## Let a computer in', '## Update'].flatMap(commandsOf);
    assert.ok(all.length > 25);
    const words = all.flatMap((line) => line.split(/\s*\|\s*/)).map((line) => line.replace(/^sudo /, '').split(' ')[0] ?? '');
    const run = ['printf', 'chmod', 'tar', 'mkdir', 'NAME=relay.example', 'cp', 'curl', 'sed', 'tee', 'nginx', 'sh', 'rm'];
    assert.deepEqual([...new Set(words.filter((word) => !run.includes(word)))].sort(), untried().sort());
  });
});
