import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCa, trustTestCa } from '../../harness/testCa.ts';
import { freePort, Stack, type StackOptions } from '../support/stack.ts';
import { startDeployedProxy, type DeployedProxy, type ProxyName } from './deployedProxy.ts';

/** Stand-in, relay and agent, and before the relay real servers by which everybody comes: over TLS, this process too. */
export interface DeployedStack {
  readonly stack: Stack;
  /** The first of them is the one by which the agent comes. */
  readonly proxies: readonly DeployedProxy[];
  /** Where the relay itself listens. */
  readonly relayPort: number;
  stop(): Promise<void>;
}

/** @param nginxMore see {@link startDeployedProxy} */
export async function startDeployedStack(
  names: readonly ProxyName[],
  options: StackOptions = {},
  nginxMore?: string,
): Promise<DeployedStack> {
  const ends: (() => void | Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-ca-'));
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, testCa.cert);
    ends.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    ends.push(trustTestCa());
    const relayPort = await freePort();
    const proxies: DeployedProxy[] = [];
    for (const name of names) {
      const proxy = await startDeployedProxy(name, relayPort, nginxMore);
      proxies.push(proxy);
      ends.push(() => proxy.stop());
    }
    const publicUrls = proxies.flatMap(({ url }) => ['--public-url', url]);
    const stack = await Stack.start({
      ...options,
      relayPort,
      relayArgs: ['--trusted-hops', '1', '--gateway', ...publicUrls, ...(options.relayArgs ?? [])],
      agentEnv: { NODE_EXTRA_CA_CERTS: caFile, ...options.agentEnv },
      dialled: proxies[0]?.url ?? '',
    });
    ends.push(() => stack.stop());
    return { stack, proxies, relayPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
