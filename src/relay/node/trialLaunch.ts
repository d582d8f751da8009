import { createServer } from 'node:net';
import { systemClock } from '../../base/clock.ts';
import { toBase64url } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import type { RelayLaunch } from '../../protocol/relayLaunch.ts';
import { mintInvite } from '../../secure/invite.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { DEFAULT_HOST, DEFAULT_PORT, TRIAL_VARIABLE } from './settings.ts';

/** The invite ends with the run anyway. */
const INVITE_SECONDS = 365 * 86_400;

/** What Node needs of its surroundings, on Windows most of all. `C2L_…` stays out: it could have the relay listen beyond loopback. */
const handedOn = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TEMP', 'TMP', 'LANG', 'TERM'];

/**
 * A relay of this program's own, with a secret of its own. It prefers the usual port, so that browsers paired with the last one find it.
 * @param cliFile the built CLI; the page lies beside it
 * @param program the runtime of this process; the editor's runs as Node when its environment says so
 */
export async function prepareTrialRelay(cliFile: string, program = process.execPath): Promise<RelayLaunch> {
  const port = await usablePort();
  const secret = toBase64url(systemRandom.bytes(32));
  const notAfter = Math.floor(systemClock.now() / 1000) + INVITE_SECONDS;
  const kept = handedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return {
    origin: `http://${DEFAULT_HOST}:${String(port)}`,
    invite: mintInvite(soundCrypto(), new TextEncoder().encode(secret), 'trial', notAfter),
    program,
    args: [cliFile, 'relay', '--host', DEFAULT_HOST, '--port', String(port)],
    environment: { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1', C2L_SECRET: secret, [TRIAL_VARIABLE]: '1' },
  };
}

async function usablePort(): Promise<number> {
  try {
    return await tryPort(DEFAULT_PORT);
  } catch {
    return tryPort(0);
  }
}

/** Listens for a moment. @param port 0 for any that is free */
function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, DEFAULT_HOST, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
