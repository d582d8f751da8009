import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { exitCodes, UserError } from '../../base/userError.ts';
import { isLoopbackAddress } from './settings.ts';

export interface ListenPlace {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly backlog?: number;
  /** The flags by which a person chooses another port or address. */
  readonly flags: { readonly port: string; readonly host: string };
}

/** Starts listening. @returns the port. @throws UserError that names flag and remedy when the address cannot be had */
export async function listenOn(server: Server, place: ListenPlace): Promise<number> {
  const { host, port, backlog } = place;
  const options: ListenOptions = { host, port, ...(backlog === undefined ? {} : { backlog }) };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw listenError(error, place);
  }
  return (server.address() as AddressInfo).port;
}

function listenError(error: unknown, { host, port, flags }: ListenPlace): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `${host}:${String(port)}`;
  const failed = (name: string, message: string, remedy: string): UserError =>
    new UserError(name, message, remedy, exitCodes.failed, { cause: error });
  if (code === 'EADDRINUSE')
    return failed('portInUse', `${where} is in use.`, `Choose another port with ${flags.port}, or end the program that has it.`);
  if (code === 'EACCES')
    return failed('portForbidden', `This user may not listen on ${where}.`, 'Choose a port above 1023 and put a proxy before it.');
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const own = isLoopbackAddress(host);
    const remedy = own ? `Use ${flags.host} 127.0.0.1.` : `Choose an address of this machine with ${flags.host}, or 0.0.0.0 for all.`;
    return failed('addressUnknown', `This machine has no address ${host}.`, remedy);
  }
  return error;
}
