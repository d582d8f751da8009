import { Command, Option } from 'commander';
import { runAgent, type AgentCommandOptions } from './agentCommand.ts';
import { createKey, listKeys, revokeKey, type CreateKeyOptions, type KeysOptions } from './keysCommand.ts';

/** `cloudtolocalllm agent`, `agent pair` and `agent keys create|list|revoke`. */
export function agentVerb(): Command {
  const agent = new Command('agent')
    .description('serve the Ollama of this computer to your paired clients, without an editor')
    .option('--relay <url>', 'address of the relay (default: the one used last)')
    // Other users of a machine can read what stands on a command line.
    .addOption(new Option('--invite <invite>', "the relay operator's invite").env('C2L_INVITE'))
    .option('--ollama <url>', 'address of Ollama (default: OLLAMA_HOST, then this computer)')
    .option(
      '--state <folder>',
      'where key, pairings, conversations and the audit (audit.jsonl: what remote clients did) are kept (default: the folder of your user)',
    )
    .option(
      '--pair',
      'offer a pairing at once, and a new one after each use; on stdin y (your own), g (another person) and n answer, p renews, k NAME makes an API key',
    )
    .option('--allow', 'let every client in that has the link, without asking')
    .option('--guest', 'with --allow: as another person, who has chats of their own and never sees yours')
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
  const keys = agent.command('keys').description('API keys to the Ollama of this computer');
  keys
    .command('create <name>')
    .description('make one and show it, this once')
    .option('--scope <scope>', 'api: all that programs may ask; chat: chat requests alone', 'api')
    .option('--days <n>', 'how long it is good (default: until it is revoked)')
    .action((name: string, _options: unknown, command: Command) => {
      createKey(name, command.optsWithGlobals<CreateKeyOptions>(), print);
    });
  keys
    .command('list')
    .description('show those that are good now: id, scope, end, last use, name')
    .action((_options: unknown, command: Command) => {
      listKeys(command.optsWithGlobals<KeysOptions>(), print);
    });
  keys
    .command('revoke <key>')
    .description('end one, by its id or its name')
    .action((which: string, _options: unknown, command: Command) => {
      revokeKey(which, command.optsWithGlobals<KeysOptions>(), print);
    });
  return agent;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
