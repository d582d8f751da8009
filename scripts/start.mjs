// npm start: relay, device and Ollama on this machine, proven by one real question through them. Runs on Node >= 20, safe to repeat; its
// state is in .run/. Options: --once ends after the proof, --json prints one JSON object a line, --fresh forgets earlier runs, --open opens
// the page, --editor starts VS Code in a browser.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Failure, main } from './lib/failure.mjs';
import { root, runDir } from './lib/paths.mjs';
import { ensureNode24 } from './node24.mjs';
import { Children } from './start/children.mjs';
import { editorOnPath, openEditor } from './start/editor.mjs';
import { findOllama } from './start/ollama.mjs';
import { freePort, installAndBuild, preflight } from './start/prepare.mjs';

const known = ['--once', '--json', '--fresh', '--open', '--editor'];
const flags = new Set(process.argv.slice(2));
const json = flags.has('--json');
const children = new Children();
const stateFolder = join(runDir, 'state');

function say(text) {
  if (!json) console.log(text);
}

function emit(event) {
  if (json) console.log(JSON.stringify(event));
}

await main(async () => {
  const unknown = [...flags].filter((flag) => !known.includes(flag));
  if (unknown.length > 0) throw new Failure(`There is no option ${unknown.join(', ')}.`, `Options: ${known.join(' ')}`);
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.removeAllListeners(signal);
      process.on(signal, resolve);
    }
  });
  const work = start();
  work.catch(() => {});
  try {
    const outcome = await Promise.race([work, interrupted.then(() => 'interrupted')]);
    if (outcome === 'up') await interrupted;
    return 0;
  } finally {
    await children.stopAll();
    // Whatever an interrupted installation or build has left running goes with us.
    process.exitCode ??= 0;
    setImmediate(() => process.exit());
  }
});

/** @returns 'done' after --once, 'up' when it should stay */
async function start() {
  preflight({ fresh: flags.has('--fresh') });
  await installAndBuild(say);
  const node24 = await ensureNode24(join(runDir, 'node'), say);

  const ollama = await startOllama(node24);
  const relay = await startRelay();
  const device = await startDevice(node24, relay, ollama.url);
  await prove(node24, device.link);
  if (flags.has('--once')) return 'done';

  if (flags.has('--editor') || editorOnPath()) {
    await children.stop(device.entry);
    await openEditor({ children, node24, relay, ollamaUrl: ollama.url, stateFolder, inBrowser: flags.has('--editor'), say, emit });
  } else {
    stay(device, relay);
  }
  return 'up';
}

async function startOllama(node24) {
  const found = await findOllama();
  if (found) {
    say(`Ollama     ${found.url} (version ${found.version}, ${String(found.models)} models)`);
    emit({ event: 'ollama', ...found, standIn: false });
    return found;
  }
  const entry = children.start('stand-in', node24, ['test/standin/main.ts', '--json', '--port', '0']);
  const { url } = await children.first(entry, ({ event }) => event === 'listening', 'address');
  say(`Ollama     none with models here: the test stand-in answers at ${url}. It is not a model, and says so in every answer.`);
  emit({ event: 'ollama', url, standIn: true });
  return { url };
}

async function startRelay() {
  const port = await freePort(Number(process.env.C2L_PORT ?? 8787));
  const entry = children.start('relay', process.execPath, ['dist/cli.mjs', 'relay', '--json', '--port', String(port)]);
  const { url, invite } = await children.first(entry, ({ event }) => event === 'listening', 'address');
  say(`Relay      ${url}`);
  emit({ event: 'relay', url });
  return { url, invite };
}

async function startDevice(node24, relay, ollamaUrl) {
  const device = { link: '', allowed: process.stdin.isTTY !== true };
  const args = ['dist/cli.mjs', 'agent', '--json', '--pair', '--state', stateFolder, '--relay', relay.url, '--ollama', ollamaUrl];
  const onEvent = (event) => {
    if (event.event === 'offer') Object.assign(device, { link: event.link, code: event.code });
    device.onEvent?.(event);
  };
  device.entry = children.start('device', node24, args, onEvent, { C2L_INVITE: relay.invite });
  // The first client is our own proof: nobody needs to be asked for it.
  device.onEvent = (event) => {
    if (event.event === 'request') device.entry.child.stdin.write('y\n');
  };
  await children.first(device.entry, ({ event }) => event === 'offer', 'pairing link');
  say('Device     connected to the relay, headless');
  emit({ event: 'device', state: 'connected' });
  return device;
}

/** One real question through relay and tunnel, with the page's own pairing and tunnel code. */
async function prove(node24, link) {
  say('Proof      a terminal client pairs through the relay and asks:');
  const nextOffer = new Promise((resolve) => setTimeout(resolve, 300));
  const code = await new Promise((resolve) => {
    const child = spawn(node24, ['--disable-warning=ExperimentalWarning', 'scripts/ask.ts', '--link', link, ...(json ? ['--json'] : [])], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Failure('The question was not answered: the hop that failed is named above.', 'Run npm start again with --fresh.');
  await nextOffer;
}

/** Keeps a pairing link at hand, and asks before it lets anybody in where there is a terminal to ask on. */
function stay(device, relay) {
  const stdin = device.entry.child.stdin;
  const show = () => {
    say(`\nPage       ${relay.url}`);
    say(`Pair       ${device.link}`);
    say(`           or type there: ${device.code}`);
    say(
      device.allowed
        ? '           works once, for 2 minutes; allowed without asking, because this is loopback and no terminal is there to ask on'
        : '           works once, for 2 minutes; p makes a new one, Ctrl+C ends',
    );
    emit({ event: 'ready', page: relay.url, link: device.link, code: device.code });
  };
  let isAsking = false;
  device.onEvent = (event) => {
    if (event.event === 'offer') show();
    else if (event.event === 'request') {
      say(`\n${event.name} wants to chat with your models. The words on its screen: ${event.words.join(' ')}`);
      if (device.allowed) stdin.write('y\n');
      else {
        isAsking = true;
        process.stdout.write('Allow? y (your own) / g (another person) / N ');
      }
    } else if (event.event === 'paired') say('Paired.');
    else if (event.event === 'state') emit(event);
  };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const word = line.trim().toLowerCase();
    if (isAsking) {
      isAsking = false;
      stdin.write(word === 'y' || word === 'g' ? `${word}\n` : 'n\n');
    } else if (word === 'p') stdin.write('p\n');
  });
  show();
  if (flags.has('--open')) openPage(device.link);
}

function openPage(url) {
  const command = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => say(`No browser could be opened: open ${url}`))
    .unref();
}
