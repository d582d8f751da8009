import { Command } from 'commander';
import { DEFAULT_ADMIN_HOST, DEFAULT_ADMIN_PORT } from './admin/adminPlace.ts';
import { runStatus, type StatusFlags } from './admin/statusCommand.ts';
import { runCheck, type CheckFlags } from './check/checkCommand.ts';
import { runConfig } from './configCommand.ts';
import { runInvite, runRelay } from './runRelay.ts';
import { DEFAULT_HOST, DEFAULT_PORT, type RelayFlags } from './settings.ts';

/** What the verb takes from the composition root. */
export interface RelayVerbOptions {
  /** Folder of the built page. */
  readonly pageFolder: string;
}

/** `cloudtolocalllm relay`, `relay invite` and `relay status`. */
export function relayVerb({ pageFolder }: RelayVerbOptions): Command {
  const relay = new Command('relay')
    .description('serve the chat page and join browsers with devices; sees ciphertext only')
    .option('--port <n>', `port to listen on, 0 for any (default ${String(DEFAULT_PORT)})`)
    .option('--host <address>', `address to listen on (default ${DEFAULT_HOST})`)
    .option('--public-url <url>', 'address that people use; repeat it for several; required beyond loopback', collect)
    .option('--secret <text>', 'signs invites; better set as C2L_SECRET; required beyond loopback unless --open')
    .option('--open', 'let anybody register a device')
    .option(
      '--gateway',
      'serve the APIs of Ollama, OpenAI and Anthropic to API keys; this process can then read their requests and answers',
    )
    .option(
      '--admin-bind <host:port>',
      `serve metrics and status to its operator on this address of their own, as ${DEFAULT_ADMIN_HOST}:${String(DEFAULT_ADMIN_PORT)} (default: nowhere)`,
    )
    .option('--admin-exposed', 'let --admin-bind be an address that other machines reach')
    .option('--trusted-hops <n>', 'proxies whose X-Forwarded-For is believed (default 0)')
    .option('--revoked <names>', 'invites taken back, separated by commas')
    .option('--nats <urls>', 'be one relay with others that name the same NATS server; better set as C2L_NATS where it holds a password')
    .option('--devices-per-invite <n>', 'how many devices may be here by one invite at once (default 64)')
    .option(
      '--max-pending <MiB>',
      'what may wait here for slow readers before the largest is ended (default: a quarter of the memory, at most 256)',
    )
    .option('--json', 'one JSON object a line on stdout, logs on stderr')
    .action(async (flags: RelayFlags) => {
      process.exitCode = await runRelay(flags, { env: process.env, pageFolder, print, onSignal });
    });
  relay
    .command('invite <name>')
    .description('make an invite for a device, signed with C2L_SECRET; with --public-url its join link and QR code too')
    .option('--days <n>', 'how long it is valid', '365')
    .action((name: string, _flags: unknown, command: Command) => {
      runInvite(name, command.optsWithGlobals<RelayFlags & { days: string }>(), {
        env: process.env,
        print,
        isTerminal: process.stdout.isTTY,
      });
    });
  relay
    .command('config')
    .description('check the flags and the environment that a relay would start with, and print what would be in force, secrets hidden')
    .action((_flags: unknown, command: Command) => {
      runConfig(command.optsWithGlobals<RelayFlags>(), { env: process.env, print });
    });
  relay
    .command('status')
    .description('ask a running relay, at its --admin-bind, how it is: devices, counts, bytes')
    .option('--admin <host:port>', `where to ask (default: C2L_ADMIN, then ${DEFAULT_ADMIN_HOST}:${String(DEFAULT_ADMIN_PORT)})`)
    .action(async (_flags: unknown, command: Command) => {
      await runStatus(command.optsWithGlobals<StatusFlags>(), { env: process.env, print });
    });
  relay
    .command('check [url]')
    .description('look at a relay from outside, hop by hop from its name to its streams, and name the first fault; exit code 1 then')
    .option('--idle <seconds>', 'leave a link alone for so long, to find a web server that ends quiet ones', '0')
    .action(async (url: string | undefined, _flags: unknown, command: Command) => {
      process.exitCode = await runCheck(url, command.optsWithGlobals<CheckFlags>(), { env: process.env, print });
      // The system's look-up of a name cannot be called off, and would hold the process for as long as its own limits say.
      process.stdout.write('', () => process.exit());
    });
  return relay;
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

function print(text: string): void {
  process.stdout.write(text);
}

function onSignal(listener: (signal: string) => void): () => void {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.removeListener(signal, listener);
  };
}
