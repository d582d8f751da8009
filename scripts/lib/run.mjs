import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setPriority } from 'node:os';
import { root } from './paths.mjs';

const windows = process.platform === 'win32';
const running = new Set();
/** As `nice` has it; what a child starts inherits it. */
const LOW_PRIORITY = 10;

// Whatever ends this process takes its children along: each leads a process group of its own.
process.once('exit', () => {
  for (const child of running) endGroup(child, 'SIGKILL');
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    for (const child of running) endGroup(child, signal);
    setTimeout(() => process.exit(code), 1500);
  });
}

function endGroup(child, signal) {
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}

/**
 * Runs a command to its end, its output kept and, when `log` is given, written there as it comes. One that gives way takes what others
 * leave of the processor.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, log?: string, show?: boolean, givesWay?: boolean, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, output: string, stdout: string, seconds: number }>} code 124 after a timeout, 127 when it could not start
 */
export function run(command, args, { cwd = root, env = process.env, log, show = false, givesWay = false, timeoutMs } = {}) {
  const started = process.hrtime.bigint();
  const npm = windows && command === 'npm';
  return new Promise((resolve) => {
    const child = spawn(npm ? 'npm.cmd' : command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: !windows, shell: npm });
    running.add(child);
    if (givesWay && child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
    const sink = log === undefined ? undefined : createWriteStream(log);
    let output = '';
    let stdout = '';
    let timedOut = false;
    const take = (chunk, isOut) => {
      output += chunk;
      if (isOut) stdout += chunk;
      sink?.write(chunk);
      if (show) process.stdout.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk) => take(chunk, true));
    child.stderr.setEncoding('utf8').on('data', (chunk) => take(chunk, false));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    function expire() {
      timedOut = true;
      take(`\nstopped after ${String(timeoutMs / 1000)} s\n`, false);
      endGroup(child, 'SIGKILL');
    }
    const finish = (code) => {
      if (!running.delete(child)) return;
      clearTimeout(timer);
      sink?.end();
      resolve({ code: timedOut ? 124 : code, output, stdout, seconds: Number(process.hrtime.bigint() - started) / 1e9 });
    };
    child.once('error', (error) => {
      take(`${command}: ${error.message}\n`, false);
      finish(127);
    });
    child.once('close', (code) => finish(code ?? 1));
  });
}

/** Runs jobs with at most `width` at a time; results in the order of the jobs. */
export async function inParallel(jobs, width) {
  const results = new Array(jobs.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < jobs.length; at = next++) results[at] = await jobs[at]();
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
  return results;
}
