import { networkInterfaces } from 'node:os';
import { every, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';

/** Short enough that a dead line is dialled anew within 1.5 s of the change; one look takes about 0.1 ms. */
const LOOK_MS = 1_000;

/**
 * Calls `onChange` when this machine's addresses have changed: another network, none, or one again. Node tells nobody, so they are
 * compared. Addresses that reach no relay do not count: loopback, and link-local ones, which come and go with containers.
 * @param read what there is now, as one text; for tests
 */
export function watchNetwork(clock: Clock, onChange: () => void, read: () => string = readAddresses): Disposable {
  let last = read();
  return every(clock, LOOK_MS, () => {
    const now = read();
    if (now === last) return;
    last = now;
    onChange();
  });
}

function readAddresses(): string {
  const found: string[] = [];
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { internal, address } of addresses) if (!internal && !isLinkLocal(address)) found.push(`${name} ${address}`);
  }
  return found.sort().join('\n');
}

/** RFC 3927, RFC 4291. */
function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}
