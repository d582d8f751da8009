import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure } from '../lib/failure.mjs';
import { root } from '../lib/paths.mjs';

/** How long a child may take to drain before it is killed, ms. */
const DRAIN_MS = 1500;
const FIRST_WORD_MS = 30_000;

/** The processes of this run. Each prints one JSON object a line; all are ended together. */
export class Children {
  #all = [];

  /**
   * Starts a process that speaks JSON lines.
   * @param {string} name for messages
   * @param {string} command
   * @param {readonly string[]} args
   * @param {(event: Record<string, unknown>) => void} [onEvent]
   * @param {Record<string, string>} [env] beside our own
   */
  start(name, command, args, onEvent = () => {}, env = {}) {
    const child = spawn(command, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const entry = { name, child, errors: '', waiters: [], ended: new Promise((resolve) => child.once('close', resolve)) };
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      entry.errors = (entry.errors + chunk).slice(-4000);
    });
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parse(line);
      if (!event) return;
      onEvent(event);
      entry.waiters = entry.waiters.filter((waiter) => !waiter(event));
    });
    child.once('error', (error) => {
      entry.errors += error.message;
    });
    this.#all.push(entry);
    return entry;
  }

  /** Starts a program that says nothing to us. */
  startProgram(name, command, args) {
    const child = spawn(command, args, { cwd: root, stdio: 'ignore', shell: process.platform === 'win32' });
    child.on('error', () => {});
    this.#all.push({ name, child, errors: '', waiters: [], ended: new Promise((resolve) => child.once('close', resolve)) });
  }

  /** The first event of this kind. @throws Failure when the process ends or says nothing in time */
  async first(entry, matches, what) {
    let timer;
    const heard = new Promise((resolve) => {
      entry.waiters.push((event) => {
        if (!matches(event)) return false;
        resolve(event);
        return true;
      });
    });
    const failed = entry.ended.then(() => {
      throw new Failure(`${entry.name}: ended before ${what}.\n${entry.errors.trim()}`, 'See its last words above.');
    });
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new Failure(
            `${entry.name}: no ${what} within ${String(FIRST_WORD_MS / 1000)} s.\n${entry.errors.trim()}`,
            'Run it again; if it stays, please report it.',
          ),
        );
      }, FIRST_WORD_MS);
    });
    failed.catch(() => {});
    late.catch(() => {});
    try {
      return await Promise.race([heard, failed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends one process: SIGTERM, then SIGKILL. */
  async stop(entry) {
    const { child, ended } = entry;
    this.#all = this.#all.filter((other) => other !== entry);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Ends all, newest first in order of signalling, at the same time. */
  async stopAll() {
    await Promise.all([...this.#all].reverse().map((entry) => this.stop(entry)));
  }
}

function parse(line) {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
