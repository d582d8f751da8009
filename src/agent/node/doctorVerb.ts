import { Command, Option } from 'commander';
import { runDoctor, type DoctorOptions } from './doctorCommand.ts';

/** `cloudtolocalllm doctor`. */
export function doctorVerb(): Command {
  return new Command('doctor')
    .description('look at every hop from the relay to a word of a model, in at most 30 s, and name the first that fails; exit code 1 then')
    .option('--relay <url>', 'address of the relay (default: the one used last)')
    .addOption(new Option('--invite <invite>', "the relay operator's invite (default: the one used last)").env('C2L_INVITE'))
    .option('--ollama <url>', 'address of Ollama (default: OLLAMA_HOST, then this computer)')
    .option('--model <name>', 'model that is to say a word (default: one in memory, else the smallest)')
    .option('--state <folder>', 'where the key of this device is kept (default: the folder of your user)')
    .option('--json', 'one JSON object a line on stdout')
    .action(async (options: DoctorOptions) => {
      process.exitCode = await runDoctor(options, {
        print: (line) => process.stdout.write(`${line}\n`),
        onInterrupt: (stop) => {
          for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
          return () => {
            for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop);
          };
        },
      });
      // The system's look-up of a name cannot be called off, and would hold the process for as long as its own limits say.
      process.stdout.write('', () => process.exit());
    });
}
