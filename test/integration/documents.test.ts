import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';
import { Stack, until } from './support/stack.ts';

const relayNode = process.env['C2L_HOST_NODE'] ?? process.execPath;
const api = readFileSync(join(root, 'docs', 'API.md'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const troubleshooting = readFileSync(join(root, 'docs', 'TROUBLESHOOTING.md'), 'utf8');
const LIMIT_MS = 20_000;

/** The blocks of a language in a document that hold `text`; there must be one. */
function block(document: string, language: string, text: string): string {
  const found = [...document.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, body = '']) => body);
  const [wanted, ...more] = found.filter((body) => body.includes(text));
  assert.ok(wanted !== undefined && more.length === 0, `${String(more.length + 1)} blocks with ${text}`);
  return wanted;
}

/** What the documents say that a reader puts their own in for; nothing else of a command is changed. */
type Values = Readonly<Record<string, string>>;

function filledIn(text: string, values: Values): string {
  return Object.entries(values).reduce((filled, [from, to]) => {
    assert.ok(filled.includes(from), `${from} is not in: ${text}`);
    return filled.replaceAll(from, to);
  }, text);
}

/** A command of a document, in a shell of the reader's. */
class Shell {
  readonly child: ChildProcess;
  output = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd: string) {
    this.child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** @returns what it printed; fails unless it ends well, and in time */
  async whole(): Promise<string> {
    const timer = setTimeout(() => {
      this.#signal('SIGKILL');
    }, LIMIT_MS);
    const [code] = (await once(this.child, 'close')) as [number | null];
    clearTimeout(timer);
    assert.equal(code, 0, this.output);
    return this.output;
  }

  /** Waits for its words, as a reader does. */
  async says(words: RegExp): Promise<RegExpExecArray> {
    await until(String(words), () => words.test(this.output) || this.#isOver, LIMIT_MS);
    return words.exec(this.output) ?? assert.fail(this.output);
  }

  /** `Ctrl+C`. */
  async interrupt(): Promise<void> {
    if (this.#isOver) return;
    const closed = once(this.child, 'close');
    this.#signal('SIGINT');
    await closed;
  }

  get #isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** To all that the shell has started. */
  #signal(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
  }
}

// A reader on Windows has another shell.
if (process.platform !== 'win32') describe('the commands of the documents, typed as they stand there', typedCommands);

function typedCommands(this: Mocha.Suite): void {
  this.timeout(60_000);
  let stack: Stack;
  let folder: string;
  let key: string;
  const shells: Shell[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-documents-'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(join(root, 'test', 'tools', 'node_modules'), join(folder, 'node_modules'));
    const program = join(folder, 'bin', 'cloudtolocalllm');
    const cli = join(root, 'dist', 'cli.mjs');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"\n`);
    chmodSync(program, 0o755);
    stack = await Stack.start({ relayArgs: ['--gateway'], ollama: { models: ['llama3.2:3b'], script: 'Blue is scattered most.' } });
    stack.agent.say('k documents');
    key = String((await stack.agent.first('key'))['key']);
    stack.secrets.add('API key', Buffer.from(key));
  });
  after(async () => {
    for (const shell of shells) await shell.interrupt();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function type(command: string, env: NodeJS.ProcessEnv = {}): Shell {
    const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
    const shell = new Shell('sh', ['-e', '-c', command], { ...process.env, PATH: path, C2L_STATE: join(folder, 'state'), ...env }, root);
    shells.push(shell);
    return shell;
  }

  /** The lines of a block one after the other. */
  async function typeAll(lines: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
    const printed: string[] = [];
    for (const line of lines.trimEnd().split('\n')) printed.push(await type(line, env).whole());
    return printed;
  }

  /** A program that stands in a document, where the official clients are installed. */
  async function runs(source: string): Promise<string> {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, source);
    const shell = new Shell(process.execPath, [file], { ...process.env, C2L_KEY: key }, folder);
    shells.push(shell);
    return shell.whole();
  }

  it('make, list and revoke a key', async () => {
    const [made = '', listed = '', revoked = ''] = await typeAll(block(api, 'sh', 'keys create'));
    assert.match(made, /^c2l_\S+\n$/);
    assert.match(listed, /api {3}until .* never used {2}laptop\n$/);
    assert.equal(revoked, 'Revoked: laptop\n');
  });

  it('ask through the proxy, as curl and as the official clients', async () => {
    const command = block(api, 'sh', ' proxy ');
    assert.equal(block(readme, 'sh', ' proxy '), command, 'the README has the same');
    const proxy = type(filledIn(command, { 'c2l_…': key, 'https://relay.example': stack.relayUrl }).replace('proxy', 'proxy --port 0'));
    const [, url = ''] = await proxy.says(/Ollama answers on (http:\/\/\S+)/);
    const [tags = '', chat = ''] = await typeAll(filledIn(block(api, 'sh', '11434/api/tags'), { 'http://127.0.0.1:11434': url }));
    assert.match(tags, /"llama3\.2:3b"/);
    assert.match(chat, /"content":"Blue[\s\S]*"done":true/);
    assert.match(await runs(filledIn(block(api, 'js', "from 'ollama'"), { 'http://127.0.0.1:11434': url })), /^Blue is scattered most\.$/);
    await proxy.interrupt();
  });

  it('ask through a relay, as curl and as the official clients', async () => {
    const values = { 'https://relay.example': stack.relayUrl };
    const [models = '', events = '', message = ''] = await typeAll(filledIn(block(api, 'sh', '/v1/models'), values), { C2L_KEY: key });
    assert.match(models, /"id":"llama3\.2:3b"/);
    assert.match(events, /data: \{"id":"chatcmpl[\s\S]*data: \[DONE\]/);
    assert.match(message, /"type":"message".*Blue is scattered most\./);
    for (const client of ['openai', '@anthropic-ai/sdk'])
      assert.equal(await runs(filledIn(block(api, 'js', `from '${client}'`), values)), 'Blue is scattered most.\n', client);
  });

  it('start a relay on one’s own machine, and one with a secret that makes invites', async () => {
    const nodes = `${relayNode.replace(/[^/]*$/, '')}:${process.env['PATH'] ?? ''}`;
    const own = block(readme, 'sh', 'node dist/cli.mjs relay\n').trimEnd().split('\n').at(-1) ?? '';
    const trial = type(own, { C2L_PORT: '0', PATH: nodes });
    await trial.says(/http:\/\/127\.0\.0\.1:\d+/);
    await trial.interrupt();
    const lines = block(readme, 'sh', 'export C2L_SECRET').trimEnd().split('\n');
    const server = type(lines.join('\n'), { C2L_PORT: '0', PATH: nodes });
    await server.says(/anna\.\d+\.\S+/);
    await server.says(/https:\/\/relay\.example\/join#\S+/);
    await server.says(/The relay listens on https:\/\/relay\.example/);
    await server.interrupt();
  });

  it('start an agent that pairs and makes keys', async () => {
    const relay = type('node dist/cli.mjs relay', { C2L_PORT: '0' });
    const [, url = ''] = await relay.says(/(http:\/\/127\.0\.0\.1:\d+)/);
    const [invite] = await relay.says(/[a-z0-9-]+\.\d+\.[\w-]{20,}/);
    const command = filledIn(block(readme, 'sh', ' agent '), { 'https://relay.example': url, 'anna.…': invite });
    const agent = type(command, { C2L_STATE: join(folder, 'agent'), OLLAMA_HOST: stack.ollama.url });
    await agent.says(/Pair a browser \(the link works once, for 2 minutes\): http:\/\/127\.0\.0\.1:\d+\/#pair=/);
    agent.child.stdin?.write('k laptop\n');
    await agent.says(/The API key laptop, shown this once: c2l_\S+/);
    await agent.interrupt();
    await relay.interrupt();
  });

  it('look at every hop: doctor', async () => {
    const env = { C2L_STATE: join(stack.folder, 'state'), OLLAMA_HOST: stack.ollama.url };
    const [printed = ''] = await typeAll(block(troubleshooting, 'sh', 'doctor'), env);
    assert.match(printed, /All is well, from this computer to the relay and back\./);
  });
}
