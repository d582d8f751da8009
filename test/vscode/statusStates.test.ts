import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { root } from '../harness/paths.ts';
import { StatusWatch, type DrawnStatus } from '../harness/drawnStatus.ts';
import { stopAtFirstRed } from '../harness/stopAtFirstRed.ts';
import type { Workbench } from '../harness/workbench.ts';
import { JsonProcess } from '../integration/support/childProcess.ts';
import { FaultProxy } from '../integration/support/faultProxy.ts';
import { freePort, newId, pairedClient, type StackClient } from '../integration/support/stack.ts';
import { ChatPanel, EditorRig, shots, until } from './editorRig.ts';

/** From a change to its picture, ms: the median of a run. */
const MAX_DELAY_MS = 500;
/** Any single one, on a machine that has other work: three times the bound. */
const MAX_BUSY_DELAY_MS = 3 * MAX_DELAY_MS;

type Face = Omit<DrawnStatus, 'at' | 'themed' | 'spoken'> & { readonly spoken: string | RegExp };

describe('every state of the status bar item in one run of a real editor', function () {
  this.timeout(120_000);
  stopAtFirstRed();
  /** On the PATH of the editor: an Ollama that is put there is one that is installed. */
  const programs = mkdtempSync(join(tmpdir(), 'c2l-programs-'));
  const clients: StackClient[] = [];
  let rig: EditorRig;
  let workbench: Workbench;
  let watch: StatusWatch;
  /** Each has a secret of its own, and knows no other's invites. */
  let startRelay: () => JsonProcess;
  let relay: JsonProcess;
  let relayUrl: string;
  let invite: string;
  /** The device's way to the relay. */
  let proxy: FaultProxy;
  let host: string;

  before(async () => {
    const port = await freePort();
    relayUrl = `http://127.0.0.1:${String(port)}`;
    proxy = await FaultProxy.start(port);
    host = new URL(proxy.url).host;
    const args = ['relay', '--json', '--port', String(port), '--public-url', proxy.url, '--public-url', relayUrl];
    startRelay = () => new JsonProcess(process.execPath, [join(root, 'dist', 'cli.mjs'), ...args], { cwd: programs });
    relay = startRelay();
    invite = String((await relay.first('listening'))['invite']);
    rig = await EditorRig.start({ ollama: { gate: 'manual', script: 'a b c', numParallel: 2 }, programs });
    workbench = await rig.open();
    watch = await StatusWatch.start(workbench);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.page.screenshot({ path: join(shots, 'failed-status-state.png') });
  });
  after(async () => {
    for (const client of clients) client.dispose();
    await rig.stop();
    await relay.stop();
    await proxy.stop();
    rmSync(programs, { recursive: true, force: true });
  });

  /** Is drawn as it should be: icon, text, colour and what is spoken, and within the time when `since` names the change. */
  async function draws(face: Face, since?: number): Promise<void> {
    const { spoken, ...rest } = face;
    const drawn = await watch.shows(rest, since);
    if (typeof spoken === 'string') assert.equal(drawn.spoken, spoken);
    else assert.match(drawn.spoken, spoken);
    assert.ok(drawn.themed, `the background is not the theme’s: ${JSON.stringify(drawn)}`);
    if (since !== undefined)
      assert.ok(drawn.at - since <= MAX_BUSY_DELAY_MS, `${drawn.text}: drawn ${String(drawn.at - since)} ms after the change`);
  }

  /** What the hover says, line by line. */
  async function hovers(...lines: readonly RegExp[]): Promise<void> {
    const hover = await workbench.statusBarHover();
    const text = await hover.innerText();
    for (const line of lines) assert.match(text, line);
    assert.ok(!text.includes(invite));
    await workbench.page.mouse.move(400, 300);
    await hover.waitFor({ state: 'detached' });
  }

  /** @returns wall clock just before it was told to run */
  async function run(title: string): Promise<number> {
    let at = 0;
    await workbench.fromPalette(`CloudToLocalLLM: ${title}`, async () => {
      at = Date.now();
      await workbench.page.keyboard.press('Enter');
    });
    return at;
  }

  async function pair(): Promise<StackClient> {
    await run('Pair a Browser…');
    const panel = workbench.page.locator('iframe.webview.ready').last().contentFrame().locator('#active-frame').contentFrame();
    const link = await panel.getByRole('textbox', { name: 'Pairing link' }).inputValue();
    const pairing = pairedClient(link, relayUrl, relay.secrets);
    await workbench.dialogButton('wants to chat with your models', 'Allow as My Own Browser').click();
    const client = await pairing;
    clients.push(client);
    return client;
  }

  function ask({ port }: StackClient): number {
    const conversationId = newId();
    port.send({ type: 'open', conversationId });
    const at = Date.now();
    port.send({ type: 'send', requestId: newId(), conversationId, text: 'x', model: 'stand-in:latest' });
    return at;
  }

  /** Lets out what waits, and no more: the next answer waits again. */
  async function finishAnswers(): Promise<void> {
    await until('the answers are whole', () => {
      rig.ollama.release(rig.ollama.heldBack);
      return rig.ollama.asked.every(({ endedAt }) => endedAt !== undefined);
    });
  }

  const connected = (text: string, browsers = ''): Face => {
    const spoken = new RegExp(`^Connected, quality (unknown|excellent|good|fair|poor)${browsers}$`);
    return { icon: 'plug', text, colour: 'none', spoken };
  };

  it('local chat without a relay, also while it writes', async () => {
    await draws({ icon: 'comment-discussion', text: 'Local AI', colour: 'none', spoken: 'Local chat, no relay set up' });
    await hovers(
      /Local chat/,
      /Ollama: http:\/\/127\.0\.0\.1:\d+, 0\.33\.0, ok/,
      /This window holds the connection/,
      /Open Chat · Set Up Relay/,
    );
    const chat = new ChatPanel(workbench);
    await chat.open();
    const before = Date.now();
    await chat.ask('x');
    await until('the model is asked', () => rig.ollama.asked.length === 1);
    // It may be drawn ahead of the question's arrival: the answer counts as being written once the question is accepted.
    const writing = await watch.shows({ icon: 'sync~spin', text: 'Local AI', colour: 'none' }, before);
    assert.equal(writing.spoken, 'Local chat, no relay set up, writing 1 answer');
    assert.ok(writing.at - (rig.ollama.asked[0]?.receivedAt ?? 0) <= MAX_BUSY_DELAY_MS);
    await hovers(/Running: 1 stream/);
    await finishAnswers();
    await draws({ icon: 'comment-discussion', text: 'Local AI', colour: 'none', spoken: 'Local chat, no relay set up' });
  });

  it('connected, with the number of browsers online', async () => {
    await run('Set Up Relay…');
    await workbench.quickPickRow('Enter an Address or a Join Link…').click();
    await workbench.answerInputBox(proxy.url);
    await workbench.page.locator('.quick-input-message').filter({ hasText: 'wants an invite' }).waitFor();
    await workbench.answerInputBox(invite);
    await draws(connected('Connected'));
    await pair();
    await draws(connected('Connected 1', ', 1 browser'));
    await pair();
    await draws(connected('Connected 2', ', 2 browsers'));
    await hovers(/Connected/, new RegExp(`Relay: ${host}, ok`), /Browsers: 2 online, 2 paired/, /Last frame: \d+ s ago/, /Pair a Browser…/);
  });

  it('streaming, with the number of answers', async () => {
    const [one, other] = clients;
    assert.ok(one && other);
    await draws({ icon: 'sync~spin', text: 'Streaming 1', colour: 'none', spoken: 'Streaming 1 answer' }, ask(one));
    await draws({ icon: 'sync~spin', text: 'Streaming 2', colour: 'none', spoken: 'Streaming 2 answers' }, ask(other));
    await hovers(/Streaming/, /Running: 2 streams/);
    await finishAnswers();
    await draws(connected('Connected 2', ', 2 browsers'));
  });

  it('paused, and back', async () => {
    const face: Face = { icon: 'debug-pause', text: 'Paused', colour: 'none', spoken: 'Remote access is paused' };
    await draws(face, await run('Pause Remote Access'));
    await hovers(/Connected/, /Browsers: 0 online, 2 paired/, /Resume Remote Access/);
    await run('Resume Remote Access');
    await draws(connected('Connected 2', ', 2 browsers'));
  });

  it('each trouble with Ollama, which is worse than a way that is free', async () => {
    const trouble = (text: string, words: string): Face => {
      return { icon: 'warning', text, colour: 'warning', spoken: new RegExp(`^${words}.* Connected to ${host}$`) };
    };
    const check = (): Promise<number> => run('Check Ollama Again');
    // The command is there once Ollama is not well: the first is seen by itself.
    await rig.ollama.set({ refuse: true });
    await draws(trouble('Ollama not found', 'Ollama is not installed'));
    await hovers(/Connected/, /Ollama: .*Ollama not found/, /Check Ollama Again/);
    writeFileSync(join(programs, 'ollama'), '', { mode: 0o755 });
    await draws(trouble('Ollama stopped', 'Ollama is not running'), await check());
    await hovers(/Ollama: .*Ollama stopped/, /Start Ollama/);
    rig.ollama.setModels([]);
    await rig.ollama.set({ refuse: false });
    await draws(trouble('No models', 'Ollama has no models yet'), await check());
    await hovers(/Ollama: .*No models/, /Pull Model…/);
    rig.ollama.setModels(['stand-in:latest']);
    await rig.ollama.set({ forbid: 'host' });
    await draws(trouble('Ollama refuses', 'Ollama refused the request'), await check());
    await rig.ollama.set({ forbid: null, notOllama: 'html' });
    await draws(trouble('Not Ollama', 'Something other than Ollama answers'), await check());
    await rig.ollama.set({ notOllama: null });
    await draws(connected('Connected 2', ', 2 browsers'), await check());
  });

  it('disconnected, then connecting to a relay that says nothing yet', async () => {
    await run('Disconnect');
    const at = Date.now();
    await workbench.dialogButton('2 browsers are using this connection', 'Disconnect').click();
    await draws({ icon: 'debug-disconnect', text: 'Local AI', colour: 'none', spoken: `Not connected to ${host}` }, at);
    await hovers(/Not connected/, new RegExp(`Relay: ${host}, not connected`), /Open Chat · Connect/);
    const silent = proxy.strike({ kind: 'blackHole', forMs: 3_000 });
    const face: Face = { icon: 'loading~spin', text: 'Connecting', colour: 'none', spoken: `Connecting to ${host}` };
    await draws(face, await run('Connect'));
    await hovers(/Connecting/, new RegExp(`Relay: ${host}, waiting`));
    await silent;
    await draws(connected('Connected 2', ', 2 browsers'));
  });

  it('reconnecting: quiet at first, a warning after three seconds, a countdown after ten', async () => {
    const away = proxy.strike({ kind: 'refuse', forMs: 13_000 });
    const at = Date.now();
    const spoken = /^Reconnecting, attempt \d+(, next in \d+ s)?$/;
    const face: Face = { icon: 'debug-restart', text: 'Reconnecting', colour: 'none', spoken };
    await draws(face, at);
    await hovers(/Reconnecting/, new RegExp(`Relay: ${host}, waiting`), /Trouble: /, /Attempt: \d+/, /Reconnect Now/);
    // Both are the work of a clock that ticks once a second.
    const warning = await watch.shows({ icon: face.icon, text: face.text, colour: 'warning' }, at);
    // The line may have been lost a moment before it was struck, as a late consequence of the strike before.
    assert.ok(warning.at - at >= 2_500 && warning.at - at <= 3_000 + 1_000 + MAX_BUSY_DELAY_MS, String(warning.at - at));
    assert.ok(warning.themed);
    await until('the countdown', async () => /^Reconnecting \d+ s$/.test((await watch.drawn()).at(-1)?.text ?? ''), 12_000);
    const countdown = (await watch.drawn()).at(-1);
    assert.ok(
      countdown && countdown.at - at >= 10_000 && countdown.at - at <= 10_000 + 1_000 + MAX_BUSY_DELAY_MS,
      JSON.stringify(countdown),
    );
    await away;
    await draws(connected('Connected 2', ', 2 browsers'));
  });

  it('an error with its cause in three words, and what mends it', async () => {
    await relay.stop();
    relay = startRelay();
    await relay.first('listening');
    await draws({ icon: 'error', text: 'Invite refused', colour: 'error', spoken: /invite.*Action: Set Up Relay$/ });
    await hovers(/Not connected/, new RegExp(`Relay: ${host}, down`), /Trouble: .*invite/, /Set Up Relay… · Reconnect Now/);
  });

  it('drew each of the six within half a second of its event, as the report of the editor itself dates them', async () => {
    const clipboard = (): Promise<string> => workbench.page.evaluate(() => navigator.clipboard.readText());
    const before = await clipboard(); // another test's report, perhaps
    await run('Copy Diagnostic Report');
    await workbench.toastButton('Review the report', 'Copy Report').click({ timeout: 40_000 });
    let report = '';
    await until('the report is copied', async () => {
      report = await clipboard();
      return report !== before && report.includes('What happened lately');
    });
    const events = [...report.matchAll(/^- (\S+Z) (\w+)/gm)].map(([, at, state]) => ({ at: Date.parse(at ?? ''), state }));
    const drawn = await watch.drawn();
    const icons: Readonly<Record<string, readonly string[]>> = {
      disconnected: ['comment-discussion', 'debug-disconnect', 'sync~spin'],
      connecting: ['loading~spin'],
      connected: ['plug', 'warning', 'debug-pause'],
      streaming: ['sync~spin'],
      reconnecting: ['debug-restart'],
      error: ['error'],
    };
    const words: string[] = [];
    const delays: number[] = [];
    const lasting = new Set<string>();
    for (const [index, { at, state = '' }] of events.entries()) {
      const until = events[index + 1]?.at ?? Infinity;
      // One that is over before its picture is due need not have one.
      if (at < (drawn[0]?.at ?? 0) || until - at < MAX_BUSY_DELAY_MS) continue;
      lasting.add(state);
      const wasRight = drawn.findLast((one) => one.at <= at);
      const first = [...(wasRight ? [{ ...wasRight, at }] : []), ...drawn.filter((one) => one.at > at)].find(({ icon }) =>
        icons[state]?.includes(icon),
      );
      const delay = (first?.at ?? Infinity) - at;
      delays.push(delay);
      words.push(`${state} ${String(delay)} ms`);
      assert.ok(delay <= MAX_BUSY_DELAY_MS, words.join(', '));
    }
    console.log(`      ${words.join(', ')}`);
    assert.ok(delays.length > 0, `${JSON.stringify(drawn[0])}\n${report}`);
    const median = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)] ?? Infinity;
    assert.ok(median <= MAX_DELAY_MS, words.join(', '));
    assert.deepEqual(
      [...lasting, 'disconnected'].filter((state, i, all) => all.indexOf(state) === i).sort(),
      [...tunnelConnectionStates].sort(),
    );
  });
});
