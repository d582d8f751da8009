import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { JsonProcess } from '../support/childProcess.ts';
import { freePort } from '../support/stack.ts';
import { parseSimpleYaml, type Yaml } from './simpleYaml.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const hostNode = process.env['C2L_HOST_NODE'] ?? process.execPath;
const secret = 'a secret of the tests, 32 characters and more';

type Map = Readonly<Record<string, Yaml>>;
const map = (value: Yaml | undefined): Map => value as Map;

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Each stage of the image, from its FROM. */
function stages(): Instruction[][] {
  const found: Instruction[][] = [];
  for (const line of read('deploy/Dockerfile').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? assert.fail(`not an instruction: ${line}`);
    if (name === 'FROM') found.push([]);
    found.at(-1)?.push({ name, text });
  }
  return found;
}

const all = (stage: readonly Instruction[], name: string): string[] => stage.filter((each) => each.name === name).map(({ text }) => text);
const one = (stage: readonly Instruction[], name: string): string => {
  const [text, more] = all(stage, name);
  assert.ok(text !== undefined && more === undefined, `one ${name}`);
  return text;
};

/** What the build may see: Dockerfile.dockerignore lets only named things through. */
const visible = read('deploy/Dockerfile.dockerignore')
  .split('\n')
  .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));

/** Does what COPY says. */
function copy(text: string, from: string, to: string): void {
  const words = text.replace(/^--from=\w+ /, '').split(' ');
  const target = words.pop() ?? '';
  for (const word of words) {
    const sources = word.includes('*') ? readdirSync(from).filter((name) => new RegExp(`^${word.replace('*', '.*')}$`).test(name)) : [word];
    assert.notEqual(sources.length, 0, word);
    for (const source of sources) {
      const into = target.endsWith('/') || sources.length > 1 ? join(to, target, source.split('/').at(-1) ?? '') : join(to, target);
      mkdirSync(dirname(into), { recursive: true });
      cpSync(join(from, source), into, { recursive: true });
    }
  }
}

describe('the image of deploy/Dockerfile', () => {
  const [build = [], run = []] = stages();

  it('is built of what it copies and the packages alone, and its relay starts from what is then in it: done by hand, without Docker', async function () {
    this.timeout(90_000);
    const folder = mkdtempSync(join(tmpdir(), 'c2l-image-'));
    try {
      const inner = join(folder, one(build, 'WORKDIR'));
      for (const text of all(build, 'COPY')) {
        for (const word of text.split(' ').slice(0, -1)) assert.ok(visible.includes(word), `.dockerignore hides ${word}`);
        copy(text, root, inner);
      }
      const [install, bundle, trim, ...more] = all(build, 'RUN');
      assert.deepEqual(more, []);
      // a real installation takes a minute and the net; the packages are those of the lock file either way
      assert.equal(install, 'npm ci --ignore-scripts --no-audit --no-fund');
      symlinkSync(join(root, 'node_modules'), join(inner, 'node_modules'), 'dir');
      for (const command of [bundle, trim]) {
        const done = spawnSync('sh', ['-c', command ?? ''], { cwd: inner, encoding: 'utf8', timeout: 60_000 });
        assert.equal(done.status, 0, done.stderr);
      }
      const opt = join(folder, one(run, 'WORKDIR'));
      const moved = (text: string): string => text.replace('/build/', 'build/');
      for (const text of all(run, 'COPY')) copy(moved(text), text.startsWith('--from=') ? folder : root, opt);
      const files = readdirSync(opt, { recursive: true, encoding: 'utf8' });
      assert.ok(files.includes('page/index.html') && !files.some((file) => file.endsWith('.map')), files.join(' '));

      const [program, ...entry] = JSON.parse(one(run, 'ENTRYPOINT')) as string[];
      assert.equal(program, 'node');
      const words = JSON.parse(one(run, 'CMD')) as string[];
      assert.equal(words[words.indexOf('--host') + 1], '0.0.0.0');
      const [port, admin] = [String(await freePort()), `127.0.0.1:${String(await freePort())}`];
      const args = words.map((word) => (word === '0.0.0.0' ? '127.0.0.1' : word === '127.0.0.1:8788' ? admin : word));
      const env = { PATH: process.env['PATH'], C2L_SECRET: secret, C2L_PUBLIC_URL: 'https://relay.example', C2L_REVOKED: '' };
      const relay = new JsonProcess(hostNode, [...entry, ...args, '--json', '--port', port], { cwd: opt, env });
      try {
        await relay.first('listening');
        const [, check = ''] = /CMD (\[.+\])$/.exec(one(run, 'HEALTHCHECK')) ?? [];
        const [node, ...checkArgs] = JSON.parse(check) as string[];
        assert.equal(node, 'node');
        const healthy = (where: string): number | null =>
          spawnSync(hostNode, checkArgs, { cwd: opt, env: { ...env, C2L_ADMIN: where }, timeout: 20_000 }).status;
        assert.equal(healthy(admin), 0);
        assert.equal(healthy(`127.0.0.1:${port}`), 1, 'it would tell of a fault');
      } finally {
        assert.equal(await relay.stop(), 0);
      }
      assert.deepEqual(readdirSync(opt, { recursive: true, encoding: 'utf8' }), files, 'a relay writes nothing');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('runs as a user without rights, on a Node that is long supported, and tells one port', () => {
    assert.equal(one(run, 'USER'), 'node');
    assert.equal(one(run, 'EXPOSE'), '8787');
    for (const stage of [build, run]) assert.match(one(stage, 'FROM'), /^node:24-alpine\b/);
  });
});

describe('deploy/compose.yaml', () => {
  const compose = map(parseSimpleYaml(read('deploy/compose.yaml')));
  const services = map(compose['services']);
  /** Of the Compose Specification, what we use. */
  const known: Readonly<Record<string, readonly string[]>> = {
    compose: ['name', 'services', 'networks', 'volumes'],
    relay: ['build', 'image', 'restart', 'environment', 'read_only', 'cap_drop', 'security_opt', 'stop_grace_period', 'networks'],
    caddy: ['image', 'restart', 'depends_on', 'environment', 'ports', 'volumes', 'networks'],
  };

  it('is YAML with nothing in it that Compose would not know, and every name it uses is its own', () => {
    assert.deepEqual(Object.keys(services), ['relay', 'caddy']);
    for (const [name, section] of Object.entries({ compose, ...services }))
      assert.deepEqual(
        Object.keys(map(section)).filter((key) => !known[name]?.includes(key)),
        [],
      );
    for (const service of Object.values(services))
      for (const network of map(service)['networks'] as string[]) assert.ok(network in map(compose['networks']), network);
    const [file, ...volumes] = map(services['caddy'])['volumes'] as string[];
    assert.equal(file, './Caddyfile:/etc/caddy/Caddyfile:ro');
    for (const volume of volumes) assert.ok((volume.split(':')[0] ?? '') in map(compose['volumes']), volume);
    assert.deepEqual(map(services['caddy'])['depends_on'], ['relay']);
    const { context, dockerfile } = map(map(services['relay'])['build']) as Record<string, string>;
    assert.ok(readFileSync(join(root, 'deploy', context ?? '', dockerfile ?? ''), 'utf8').startsWith('# The relay as an image'));
  });

  it('asks for the two things it needs, and gives relay and Caddy what these read', () => {
    const text = read('deploy/compose.yaml');
    const needed = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
    assert.deepEqual([...needed].sort(), ['C2L_SECRET', 'RELAY_NAME']);
    const relay = map(map(services['relay'])['environment']);
    const settings = read('src/relay/node/settings.ts');
    for (const name of Object.keys(relay)) assert.ok(settings.includes(`env['${name}']`), name);
    const caddy = map(map(services['caddy'])['environment']);
    for (const name of Object.keys(caddy)) assert.ok(read('deploy/Caddyfile').includes(`{$${name}:`), name);
    assert.equal(caddy['RELAY_UPSTREAM'], 'relay:8787');
  });

  it('lets the relay do nothing but what it must', () => {
    const relay = map(services['relay']);
    assert.deepEqual([relay['read_only'], relay['cap_drop'], relay['security_opt']], ['true', ['ALL'], ['no-new-privileges:true']]);
    assert.ok(!('ports' in relay), 'the relay is reached through Caddy alone');
  });
});

describe('deploy/cloudtolocalllm-relay.service', () => {
  const text = read('deploy/cloudtolocalllm-relay.service');
  const values = (key: string): string[] => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

  it('is taken by systemd-analyze without a word and counts as well protected; where there is none, that is said', () => {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-unit-'));
    try {
      const file = join(folder, 'cloudtolocalllm-relay.service');
      const analyze = (args: readonly string[], unit = text): ReturnType<typeof spawnSync> => {
        // the Node of the machine that tests: systemd looks whether the program is there
        writeFileSync(file, unit.replace('/usr/bin/node', process.execPath));
        return spawnSync('systemd-analyze', [...args, file], { timeout: 20_000, encoding: 'utf8' });
      };
      const verified = analyze(['verify', '--man=no']);
      if (verified.error) {
        assert.equal((verified.error as NodeJS.ErrnoException).code, 'ENOENT');
        console.log('        NOT VERIFIED by systemd: there is no systemd-analyze here.');
        return;
      }
      assert.deepEqual([verified.status, String(verified.stderr)], [0, '']);
      assert.match(String(analyze(['verify', '--man=no'], text.replace('RestartSec', 'RestartSex')).stderr), /RestartSex/);
      const secured = analyze(['security', '--offline=true', '--no-pager', '--threshold=20']);
      assert.equal(secured.status, 0, String(secured.stdout).split('\n').slice(-3).join('\n'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('starts a relay that takes its settings from the file it names, and that its operator can ask', async () => {
    const [line = ''] = values('ExecStart');
    const [node, cli, ...args] = line.split(' ');
    assert.deepEqual([node, cli], ['/usr/bin/node', '/opt/cloudtolocalllm/cli.mjs']);
    assert.deepEqual(values('EnvironmentFile'), ['/etc/cloudtolocalllm/relay.env']);
    const admin = `127.0.0.1:${String(await freePort())}`;
    const env = { PATH: process.env['PATH'], C2L_SECRET: secret, C2L_PUBLIC_URL: 'https://relay.example' };
    const words = args.map((word) => (word === '127.0.0.1:8788' ? admin : word));
    assert.notDeepEqual(words, args);
    const relay = new JsonProcess(hostNode, [join(root, 'dist', 'cli.mjs'), ...words, '--json', '--port', '0'], { env });
    try {
      assert.equal((await relay.first('listening'))['url'], 'https://relay.example');
      const status = spawnSync(hostNode, [join(root, 'dist', 'cli.mjs'), 'relay', 'status', '--admin', admin], { timeout: 20_000 });
      assert.equal(status.status, 0);
    } finally {
      assert.equal(await relay.stop(), 0);
    }
  });

  it('gives the service no right, no file of its own and no folder to write in', () => {
    for (const key of ['DynamicUser', 'NoNewPrivileges', 'PrivateDevices', 'PrivateTmp', 'ProtectHome', 'LockPersonality'])
      assert.deepEqual(values(key), ['yes'], key);
    assert.deepEqual(values('ProtectSystem'), ['strict']);
    assert.deepEqual(values('CapabilityBoundingSet'), ['']);
    for (const key of ['ReadWritePaths', 'StateDirectory', 'CacheDirectory', 'LogsDirectory']) assert.deepEqual(values(key), [], key);
    // less would end it: Node compiles what it runs
    assert.deepEqual(values('MemoryDenyWriteExecute'), []);
  });
});
