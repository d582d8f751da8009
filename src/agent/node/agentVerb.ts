import { Command, Option } from 'commander';
import { runAgent, type AgentCommandOptions } from './agentCommand.ts';
import { createKey, type KeysOptions } from './keysCommand.ts';

/** `cloudtolocalllm agent`, `agent pair` and `agent keys create`. */
export function agentVerb(): Command {
  const agent = new Command('agent')
    .description('serve the Ollama of this computer to your paired clients, without an editor')
    .option('--relay <url>', 'address of the relay (default: the one used last)')
    // Other users of a machine can read what stands on a command line.
    .addOption(new Option('--invite <invite>', "the relay operator's invite").env('C2L_INVITE'))
    .option('--ollama <url>', 'address of Ollama (default: OLLAMA_HOST, then this computer)')
    .option('--state <folder>', 'where key, pairings and conversations are kept (default: the folder of your user)')
    .option(
      '--pair',
      'offer a pairing at once, and a new one after each use; y, n and p on stdin answer and renew, k NAME makes an API key',
    )
    .option('--allow', 'let every client in that has the link, without asking')
    .option('--json', 'one JSON object a line on stdout')
    .action(async (options: AgentCommandOptions) => {
      process.exitCode = await runAgent(options);
    });
  agent
    .command('pair')
    .description('pair one client, then end')
    .action(async (_options: unknown, command: Command) => {
      process.exitCode = await runAgent({ ...command.optsWithGlobals<AgentCommandOptions>(), pair: true, once: true });
    });
  agent
    .command('keys')
    .description('API keys to the Ollama of this computer')
    .command('create <name>')
    .description('make one and show it, this once')
    .action((name: string, _options: unknown, command: Command) => {
      createKey(name, command.optsWithGlobals<KeysOptions>(), (line) => process.stdout.write(`${line}\n`));
    });
  return agent;
}
