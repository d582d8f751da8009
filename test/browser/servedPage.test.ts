import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { root } from '../harness/paths.ts';
import { Stack, until } from '../integration/support/stack.ts';
import { ChatPage } from './support.ts';

const answer = [
  '# Heading\n\nSome **bold** text, `code`, a [link](https://example.com/) and $x^2 + y^2$.\n\n',
  '$$\n\\int_0^1 x\\,dx\n$$\n\n',
  '```ts\nconst answer: number = 42;\n```\n\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\n<img src=x onerror="alert(1)">\n',
];

/** Everything that the page's policies forbade, and every other complaint of the browser. */
async function complaintsOf(context: BrowserContext): Promise<string[]> {
  const complaints: string[] = [];
  await context.exposeFunction('complain', (text: string) => complaints.push(text));
  await context.addInitScript(() => {
    const { complain } = window as unknown as { complain: (text: string) => void };
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
      complain(`${violatedDirective}: ${blockedURI} ${sample}`);
    });
  });
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  return complaints;
}

describe('the page as the relay serves it', () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let stack: Stack;
  let complaints: string[];
  before(async () => {
    browser = await TestBrowser.launch();
    stack = await Stack.start({ ollama: { script: () => answer } });
  });
  after(async () => {
    await browser.close();
    await stack.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    complaints = await complaintsOf(context);
  });
  afterEach(() => context.close());

  it('has the same strict headers on every path there is, and says of each how long it may be kept', async () => {
    const assets = JSON.parse(readFileSync(join(root, 'dist/page/assets.json'), 'utf8')) as {
      files: { path: string; immutable: boolean }[];
    };
    const { host, port } = new URL(stack.relayUrl);
    const strict = {
      'content-security-policy':
        `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; ` +
        `connect-src 'self' ws://${host} ws://localhost:${port}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; ` +
        `form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html c2l`,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'set-cookie': null,
      'access-control-allow-origin': null,
      'x-powered-by': null,
      server: null,
    };
    const forever = /^public, max-age=31536000, immutable$/;
    const rows: [path: string, status: number, kept: RegExp][] = [
      ...assets.files.map(({ path, immutable }): [string, number, RegExp] => [
        `/${path}`,
        200,
        immutable ? forever : /\.(png|svg)$/.test(path) ? /^public, max-age=86400$/ : /^no-store$/,
      ]),
      ['/', 200, /^no-store$/],
      ['/join', 200, /^no-store$/],
      ['/healthz', 200, /^no-store$/],
      ['/readyz', 200, /^no-store$/],
      ['/v1/dial', 426, /^no-store$/],
      ['/v1/device', 426, /^no-store$/],
      ['/nothing', 404, /^no-store$/],
      ['/assets.json', 404, /^no-store$/],
    ];
    assert.ok(rows.length > 30 && assets.files.filter(({ immutable }) => immutable).length > 20);
    for (const [path, status, kept] of rows) {
      const response = await fetch(stack.relayUrl + path);
      await response.arrayBuffer();
      assert.equal(response.status, status, path);
      for (const [name, value] of Object.entries(strict)) assert.equal(response.headers.get(name), value, `${path}: ${name}`);
      assert.match(response.headers.get('cache-control') ?? '', kept, path);
      assert.match(response.headers.get('permissions-policy') ?? '', /camera=\(self\).*microphone=\(\)/, path);
    }
  });

  it('pairs, chats, draws Markdown, formulas and colours, and keeps itself, with not one violation of its policies', async () => {
    const chat = await ChatPage.pair(context, stack);
    const { page } = chat;
    await chat.ask('everything');
    await page.locator('.math.set').nth(1).waitFor();
    await page.locator('.code-keyword').first().waitFor();
    await page.getByRole('table').waitFor();
    await page.getByRole('button', { name: 'Chat settings' }).click();
    await page.getByRole('textbox', { name: 'Temperature' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
    await page.reload();
    await chat.ready();
    await page.locator('.math.set').nth(1).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('would tell of a violation, and Trusted Types are in force: the control run', async () => {
    const page = await context.newPage();
    await page.goto(stack.relayUrl);
    const attempts: readonly [name: string, attempt: () => unknown][] = [
      ['a text as HTML', () => (document.body.innerHTML = '<b>x</b>')],
      [
        'a policy of another name',
        () =>
          (window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy(
            'evil',
            {},
          ),
      ],
      ['a script of another address', () => (document.createElement('script').src = '/other.js')],
      ['another worker', () => new Worker('/other.js')],
    ];
    for (const [name, attempt] of attempts) {
      const before = complaints.length;
      const isRefused = await isThrown(page, attempt);
      assert.equal(isRefused, true, name);
      await until(`${name} is told of`, () => complaints.length > before);
    }
  });
});

async function isThrown(page: Page, attempt: () => unknown): Promise<boolean> {
  try {
    await page.evaluate(attempt);
    return false;
  } catch {
    return true;
  }
}
