// Runs the suites of test/vscode/host inside VS Code's real extension host. Exit code: 0 all passed, 1 some failed, 2 no result.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { TestBrowser } from './chromium.ts';
import { CodeServer } from './codeServer.ts';
import { bundleHostTests } from './hostBundle.ts';
import { root } from './paths.ts';
import { workbenchUrl } from './workbench.ts';

const limitMs = Number(process.env['C2L_TEST_TIMEOUT'] ?? 180_000);

/** Resolves with the exit code that VS Code gives when the test host ends. */
function testHostExit(page: Page, browser: TestBrowser, log: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(why));
    };
    const timer = setTimeout(fail, limitMs, `no result within ${String(limitMs)} ms`);
    timer.unref();
    page.on('crash', () => {
      fail('the page crashed');
    });
    browser.onDidEnd(() => {
      fail('the browser went away');
    });
    // VS Code calls these two when it runs tests.
    void page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => log.push(`${type}: ${args.map(String).join(' ')}`));
    void page.exposeFunction('codeAutomationExit', (code: number) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

function passedOn(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

async function runHostTests(): Promise<number> {
  const tests = await bundleHostTests();
  // The server's own processes are not measured: the address gives the variable to the extension host alone.
  const coverage = process.env['C2L_HOST_COVERAGE'];
  delete process.env['C2L_HOST_COVERAGE'];
  const server = await CodeServer.start();
  const browser = await TestBrowser.launch();
  const report = join(server.folder, 'mocha.txt');
  const log: string[] = [];
  try {
    writeFileSync(report, '');
    const page = await (await browser.newContext()).newPage();
    const exit = testHostExit(page, browser, log);
    exit.catch(() => undefined);
    const env = {
      C2L_TEST_OUTPUT: report,
      // never the device of whoever runs the tests
      C2L_STATE: join(server.folder, 'state'),
      ...passedOn(['C2L_TEST_COUNTS', 'C2L_TEST_GREP']),
      ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
    };
    await page.goto(workbenchUrl(server, { extension: root, tests, env }), { waitUntil: 'commit' });
    const code = await exit;
    if (code !== 0 && readFileSync(report, 'utf8') === '') console.error(log.slice(-20).join('\n'));
    return code;
  } catch (error) {
    console.error(error, `\n${log.slice(-20).join('\n')}\n${server.output.slice(-2000)}`);
    return 2;
  } finally {
    if (existsSync(report)) process.stdout.write(readFileSync(report, 'utf8'));
    await browser.close();
    await server.stop();
  }
}

process.exitCode = await runHostTests();
