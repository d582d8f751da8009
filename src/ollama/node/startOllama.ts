import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { TunnelError } from '../../protocol/errors.ts';
import { findOllamaBinary } from './findOllamaBinary.ts';

export interface StartOllamaOptions {
  /** Default: where the installers put it. */
  readonly find?: () => Promise<string | undefined>;
}

/**
 * Starts the Ollama of this machine as a process of its own: it goes on when the editor ends. Resolves when the process is there, which is
 * before it answers.
 * @throws TunnelError `ollamaNotInstalled`; `ollamaNotRunning` when it cannot be started
 */
export async function startOllama({ find = () => findOllamaBinary() }: StartOllamaOptions = {}): Promise<void> {
  const path = await find();
  if (path === undefined) throw new TunnelError('ollamaNotInstalled');
  const [program, args] = path.endsWith('.app') ? ['open', ['-a', path]] : [path, ['serve']];
  const child = spawn(program, args, { detached: true, stdio: 'ignore', windowsHide: true });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new TunnelError('ollamaNotRunning', undefined, { cause });
  }
  child.unref();
}
