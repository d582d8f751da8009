import { Command, Option } from 'commander';
import { runInBackground } from './background/backgroundRun.ts';
import {
  backgroundOf,
  installBackground,
  showBackground,
  thisTerminal,
  uninstallBackground,
  type BackgroundOptions,
  type InstallOptions,
} from './background/installCommand.ts';
import { runAgent, type AgentCommandOptions } from './agentCommand.ts';
import type { CreateKeyOptions, KeysOptions, Listed } from './keysCommand.ts';
import { createKeyAnywhere, listAnywhere, revokeAnywhere } from './leaderKeys.ts';

interface AgentVerbOptions {
  /** The built CLI, which `agent install` copies. */
  readonly cliFile: string;
}

/** `cloudtolocalllm agent`, `agent pair`, `agent keys create|list|revoke`, `agent clients list|revoke` and `agent install|uninstall|status`. */
export function agentVerb({ cliFile }: AgentVerbOptions): Command {
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
    .option(
      '--background',
      'as the service that `agent install` makes: waits for windows, leads when they let it, notes what happens in a file',
    )
    .option('--json', 'one JSON object a line on stdout')
    .action(async (options: AgentCommandOptions & { readonly background?: boolean }) => {
      if (options.background === true) await untilSignal((signal) => runInBackground({ ...options, signal }));
      else process.exitCode = await runAgent(options);
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
    .action(async (name: string, _options: unknown, command: Command) => {
      await createKeyAnywhere(name, command.optsWithGlobals<CreateKeyOptions>(), print);
    });
  addLists(keys, 'key', 'id, scope, end, last use, name');
  const clients = agent.command('clients').description('browsers, editors and programs that are paired with this computer');
  addLists(clients, 'client', 'id, scope, kind, last use, name');
  addServiceVerbs(agent, cliFile);
  return agent;
}

function addLists(verb: Command, what: Listed, columns: string): void {
  verb
    .command('list')
    .description(`show those that are good now: ${columns}`)
    .action(async (_options: unknown, command: Command) => {
      await listAnywhere(command.optsWithGlobals<KeysOptions>(), print, what);
    });
  verb
    .command(`revoke <${what}>`)
    .description('end one, by its id or its name, within a second')
    .action(async (which: string, _options: unknown, command: Command) => {
      await revokeAnywhere(which, command.optsWithGlobals<KeysOptions>(), print, what);
    });
}

function addServiceVerbs(agent: Command, cliFile: string): void {
  agent
    .command('install')
    .description('keep this computer reachable: run the agent as a service of your user. Shows all that it writes, then asks')
    .option('--node <path>', 'the Node that runs it, 22.13 or newer (default: this one, else one that is found)')
    .option('--yes', 'does not ask')
    .option('--dry-run', 'shows what it would write, and ends')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<InstallOptions>();
      process.exitCode = await installBackground(backgroundOf(options, cliFile), options, thisTerminal);
    });
  agent
    .command('uninstall')
    .description('stop the service and remove exactly what was written; chats, pairings and the relay are kept')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<BackgroundOptions>();
      process.exitCode = await uninstallBackground(backgroundOf(options, cliFile), options, thisTerminal);
    });
  agent
    .command('status')
    .description('is the service installed, does it run, with which Node and version; exit code 1 when it does not run')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<BackgroundOptions>();
      process.exitCode = await showBackground(backgroundOf(options, cliFile), options, thisTerminal);
    });
}

async function untilSignal(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  try {
    await work(stop.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, end);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
