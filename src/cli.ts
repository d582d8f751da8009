#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { exitCodes, UserError } from './base/userError.ts';
import { TunnelError, wordsInTwo } from './protocol/errors.ts';
import './protocol/limitsFit.ts';
import { PRODUCT_VERSION } from './protocol/versions.ts';

interface Verb {
  readonly summary: string;
  /** Loaded only when asked for: the agent needs node:sqlite, which the relay's Node may not have. */
  readonly load: () => Promise<Command>;
}

/** Where the build lies; this file is in it, or beside its sources. */
const dist = new URL(import.meta.url.endsWith('.ts') ? '../dist/' : './', import.meta.url);
const pageFolder = fileURLToPath(new URL('page/', dist));
const cliFile = fileURLToPath(new URL('cli.mjs', dist));

const verbs: Readonly<Record<string, Verb>> = {
  relay: {
    summary: 'serve the chat page and join browsers with devices',
    load: async () => (await import('./relay/node/relayVerb.ts')).relayVerb({ pageFolder }),
  },
  proxy: {
    summary: 'serve the Ollama of your other computer on this one',
    load: async () => (await import('./gateway/node/proxyVerb.ts')).proxyVerb(),
  },
  agent: {
    summary: 'serve the Ollama of this computer to your paired clients',
    load: async () => (await import('./agent/node/agentVerb.ts')).agentVerb({ cliFile }),
  },
  doctor: {
    summary: 'look at every hop from the relay to a word of a model, and name the first that fails',
    load: async () => (await import('./agent/node/doctorVerb.ts')).doctorVerb(),
  },
};

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('cloudtolocalllm')
    .description('Chat with the Ollama on your own machine, from any browser, without opening a port.')
    .version(PRODUCT_VERSION);
  const wanted = args.find((arg) => !arg.startsWith('-'));
  for (const [name, { summary, load }] of Object.entries(verbs)) {
    program.addCommand(name === wanted ? await load() : new Command(name).description(summary));
  }
  raiseExits(program);
  await program.parseAsync(args, { from: 'user' });
}

/** Has commander throw instead of ending the process, so that there is one way out. */
function raiseExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) raiseExits(child);
}

/** @returns the exit code */
function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage; // commander has printed it
  const known = error instanceof UserError ? error : error instanceof TunnelError ? userErrorOf(error) : ofOldNode(error);
  if (!known) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exitCodes.failed;
  }
  const { code, message, remedy, exitCode } = known;
  process.stderr.write(json ? `${JSON.stringify({ event: 'error', code, message, remedy })}\n` : `${message} [${code}]\n${remedy}\n`);
  return exitCode;
}

function userErrorOf({ code, detail }: TunnelError): UserError {
  const { happened, next } = wordsInTwo(code, detail);
  return new UserError(code, `${happened}.`, next, exitCodes.failed);
}

/** The agent's own need of Node, said where an older one stumbles over it. */
function ofOldNode(error: unknown): UserError | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_BUILTIN_MODULE')) return undefined;
  const happened = `This verb needs Node 22.13 or newer; this is ${process.versions.node}.`;
  return new UserError('nodeTooOld', happened, 'Run it with another Node, from nodejs.org or your system.', exitCodes.failed, {
    cause: error,
  });
}

const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  process.exitCode = report(error, args.includes('--json'));
}
