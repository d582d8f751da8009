import { systemRandom } from '../../base/random.ts';
import { describeSettings, readRelaySettings, type RelayFlags } from './settings.ts';

/**
 * Reads flags and environment as `relay` would, and prints what would be in force, secrets hidden; listens on nothing.
 * @throws UserError for what cannot be, naming flag and remedy
 */
export function runConfig(
  flags: RelayFlags,
  { env, print }: { readonly env: Readonly<Record<string, string | undefined>>; readonly print: (text: string) => void },
): void {
  const settings = describeSettings(readRelaySettings(flags, env, systemRandom));
  if (flags.json === true) {
    print(`${JSON.stringify({ event: 'config', ...settings })}\n`);
    return;
  }
  const width = Math.max(...Object.keys(settings).map((name) => name.length));
  for (const [name, value] of Object.entries(settings)) print(`${name.padEnd(width)}  ${String(value)}\n`);
}
