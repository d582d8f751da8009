import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDir } from './paths.mjs';

const mark = 'C2L_TEST_RUN';

/**
 * Watches what a test run leaves behind. Every process of the run inherits a mark and a folder of its own for temporary files, so that
 * what is found at the end is ours for certain and nothing of another program is ever blamed, or ended.
 */
export class LeakWatch {
  /** Short, because sockets live below it and their paths are limited to about 100 bytes. */
  #folder = mkdtempSync(join(tmpdir(), 'c2l-'));

  /** The environment for everything that the run starts. */
  get env() {
    const home = join(testDir, 'home');
    mkdirSync(home, { recursive: true });
    const folders = {
      XDG_CONFIG_HOME: 'config',
      XDG_DATA_HOME: 'data',
      XDG_STATE_HOME: 'state',
      XDG_CACHE_HOME: 'cache',
      XDG_RUNTIME_DIR: 'run',
    };
    return {
      ...process.env,
      [mark]: this.#folder,
      TMPDIR: this.#folder,
      TEMP: this.#folder,
      TMP: this.#folder,
      XDG_RUNTIME_DIR: this.#folder,
      // The user's own state is never touched.
      ...Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, join(home, folder)])),
    };
  }

  /** @returns what is left, one line each: processes with the ports they listen on (Linux alone), temporary files */
  async find() {
    let processes = this.#processes();
    // What was told to end a moment ago may take that moment.
    for (let tries = 0; processes.length > 0 && tries < 30; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      processes = this.#processes();
    }
    return [...processes.map(describe), ...readdirSync(this.#folder).map((name) => `temporary file ${join(this.#folder, name)}`)];
  }

  /** Ends what is left of this run, by its mark, and removes its files. */
  clean() {
    for (const { pid } of this.#processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #processes() {
    if (process.platform !== 'linux') return [];
    const wanted = `${mark}=${this.#folder}`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(wanted))
      .map((pid) => ({ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }))
      .filter(({ command }) => command !== '');
  }
}

function describe({ pid, command }) {
  const ports = listeningPorts(pid);
  return `process ${String(pid)}${ports.length === 0 ? '' : ` on port ${ports.join(', ')}`}: ${command.slice(0, 200)}`;
}

function listeningPorts(pid) {
  const sockets = new Set();
  try {
    for (const name of readdirSync(`/proc/${String(pid)}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/fd/${name}`))?.[1];
      if (inode !== undefined) sockets.add(inode);
    }
  } catch {
    return [];
  }
  const rows = [...read('/proc/net/tcp').split('\n'), ...read('/proc/net/tcp6').split('\n')].map((row) => row.trim().split(/\s+/));
  // Column 3 is the state (0A: listening), column 9 the inode, and the port ends column 1 in hexadecimal.
  return rows.filter((row) => row[3] === '0A' && sockets.has(row[9])).map((row) => Number.parseInt(row[1].split(':')[1], 16));
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
