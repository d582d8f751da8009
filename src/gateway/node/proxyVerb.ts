import { Command, Option } from 'commander';
import { DEFAULT_PROXY_PORT, runProxy, type ProxyFlags } from './runProxy.ts';

/** `cloudtolocalllm proxy`. */
export function proxyVerb(): Command {
  return (
    new Command('proxy')
      .description('serve the Ollama of your other computer here, as if it ran on this one; encrypted from end to end')
      // Other users of a machine can read what stands on a command line.
      .addOption(new Option('--key <key>', 'an API key made at the other computer').env('C2L_KEY'))
      .addOption(new Option('--relay <url>', 'address of the relay that the other computer uses').env('C2L_RELAY'))
      .option('--port <n>', `port on 127.0.0.1, 0 for any (default ${String(DEFAULT_PROXY_PORT)})`)
      .option('--json', 'one JSON object a line on stdout')
      .action(async (flags: ProxyFlags) => {
        process.exitCode = await runProxy(flags);
      })
  );
}
