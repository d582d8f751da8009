import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { commandId, commandNames, type CommandName } from './ids.ts';
import { showError } from './showError.ts';

/** One handler per command of package.json; menus pass what was pressed on. */
export type CommandHandlers = Readonly<Record<CommandName, (...args: readonly unknown[]) => unknown>>;

/** Registers them all. What a handler throws is told to the user, in words, once. */
export function registerCommands(handlers: CommandHandlers, log: Logger): Disposable {
  const store = new DisposableStore();
  for (const name of commandNames) {
    store.add(
      vscode.commands.registerCommand(commandId(name), async (...args: readonly unknown[]) => {
        try {
          await handlers[name](...args);
        } catch (error) {
          showError(error, log, { command: name });
        }
      }),
    );
  }
  return store;
}

export async function runCommand(name: CommandName): Promise<void> {
  await vscode.commands.executeCommand(commandId(name));
}
