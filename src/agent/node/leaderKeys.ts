import { UserError } from '../../base/userError.ts';
import { askLeader, type LeaderAsked } from './askLeader.ts';
import {
  chosen,
  clientLine,
  createKey,
  described,
  isListed,
  listKeys,
  readGrant,
  revokedLine,
  revokeKey,
  type CreateKeyOptions,
  type KeysOptions,
  type Listed,
  type Print,
} from './keysCommand.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';

/** {@link createKey}; where an agent or an editor runs, it makes the key, which is good at once. */
export function createKeyAnywhere(name: string, options: CreateKeyOptions, print: Print): Promise<void> {
  return hereOrThere(
    options,
    () => {
      createKey(name, options, print);
    },
    async ({ call }) => {
      const { scope = 'api', days, json } = options;
      const grant = readGrant(scope, days);
      const { clientId, key } = await call('createApiKey', [name, grant]);
      const pairedAt = Date.now();
      const end = grant.days === undefined ? {} : { expiresAt: pairedAt + grant.days * 86_400_000 };
      const told = described({ id: clientId, name, kind: 'key', scope: grant.scope, pairedAt, ...end });
      print(json === true ? JSON.stringify({ event: 'key', ...told, key }) : key);
    },
  );
}

/** {@link listKeys}, as the program that leads has it where one does. */
export function listAnywhere(options: KeysOptions, print: Print, what: Listed): Promise<void> {
  return hereOrThere(
    options,
    () => {
      listKeys(options, print, what);
    },
    ({ facts }) => {
      for (const client of facts.clients) if (isListed(client, what)) print(clientLine(client, what, options.json === true));
      return Promise.resolve();
    },
  );
}

/** {@link revokeKey}; where an agent or an editor runs, it ends what the client has open, within a second. */
export function revokeAnywhere(which: string, options: KeysOptions, print: Print, what: Listed): Promise<void> {
  return hereOrThere(
    options,
    () => {
      revokeKey(which, options, print, what);
    },
    async ({ facts, call }) => {
      const client = chosen(facts.clients, which, what);
      await call('revoke', [client.id]);
      print(revokedLine(client, options.json === true));
    },
  );
}

async function hereOrThere({ state }: KeysOptions, here: () => void, there: (leader: LeaderAsked) => Promise<void>): Promise<void> {
  try {
    here();
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'agentRunning')) throw error;
    await askLeader(new StateFolder(state ?? defaultStateFolder()), there);
  }
}
