import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { root, runDir, toolsDir } from '../lib/paths.mjs';
import { findProgram } from '../lib/programs.mjs';
import { run } from '../lib/run.mjs';

/** A desktop VS Code that can be opened here: `VSCODE_BIN`, or `code` on the PATH, and a display to show it on. */
export function editorOnPath() {
  const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  if (!hasDisplay) return undefined;
  if (process.env.VSCODE_BIN) return process.env.VSCODE_BIN;
  return findProgram([process.platform === 'win32' ? 'code.cmd' : 'code']);
}

/** Opens an editor with the extension, on the state folder of this run: it is the device that was just proved. */
export async function openEditor(context) {
  const settings = { 'cloudtolocalllm.relay.autoConnect': 'always', 'cloudtolocalllm.ollama.url': context.ollamaUrl };
  if (context.inBrowser) await openInBrowser(context, settings);
  else openWindow(context, settings);
}

async function openInBrowser({ children, node24, stateFolder, say, emit }, settings) {
  say('Editor     installing VS Code for the browser (code-server, once, about a minute)');
  const installed = await run(process.execPath, [join(toolsDir, 'install.mjs')]);
  if (installed.code !== 0)
    throw new Failure(`VS Code could not be installed.\n${installed.output.slice(-2000)}`, 'Run: node test/tools/install.mjs');
  const entry = children.start('editor', node24, ['scripts/editor.ts', '--state', stateFolder, '--settings', JSON.stringify(settings)]);
  const { url } = await children.first(entry, ({ event }) => event === 'listening', 'address');
  say(`Editor     ${url}\n           Ctrl+C ends`);
  emit({ event: 'ready', editor: url });
}

function openWindow({ children, stateFolder, say, emit }, settings) {
  const profile = join(runDir, 'editor');
  mkdirSync(join(profile, 'User'), { recursive: true });
  writeFileSync(join(profile, 'User', 'settings.json'), JSON.stringify(settings, null, 2));
  process.env.C2L_STATE = stateFolder;
  const editor = editorOnPath();
  children.startProgram('editor', editor, ['--new-window', '--wait', `--user-data-dir=${profile}`, `--extensionDevelopmentPath=${root}`]);
  say('Editor     a window with the extension is opening; Ctrl+C ends relay and stand-in');
  emit({ event: 'ready', editor: 'window' });
}
