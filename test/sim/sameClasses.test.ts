import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** The sources that go into a bundle of these entries. */
async function sourcesOf(entryPoints: readonly string[], options: BuildOptions): Promise<readonly string[]> {
  for (const entry of entryPoints) assert.ok(existsSync(join(root, entry)), `${entry} does not exist`);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'out',
    logLevel: 'silent',
    loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'file', '.png': 'file' },
    ...options,
  });
  assert.ok(metafile);
  return Object.keys(metafile.inputs);
}

function assertHas(sources: readonly string[], ...files: readonly string[]): void {
  for (const file of files) assert.ok(sources.includes(file), `${file} is not among the sources`);
}

const bothEnds = ['src/mux/mux.ts', 'src/mux/sendSide.ts', 'src/secure/noise.ts', 'src/tunnel/session.ts', 'src/tunnel/supervisor.ts'];
const device = [
  'src/agent/agent.ts',
  'src/agent/pairingHost.ts',
  'src/conversation/hub.ts',
  'src/conversation/generation.ts',
  'src/tunnel/deviceTunnel.ts',
];
const client = [
  'src/tunnel/clientTunnel.ts',
  'src/tunnel/tunnelChatPort.ts',
  'src/tunnel/pairingClient.ts',
  'src/ui/chatController.ts',
  'src/ui/reduceChat.ts',
];
const relay = ['src/relay/relayCore.ts', 'src/relay/clientLink.ts', 'src/relay/deviceLink.ts', 'src/relay/inProcessBus.ts'];

describe('simulator', () => {
  let extension: readonly string[];
  let cli: readonly string[];
  let page: readonly string[];
  let simulator: readonly string[];

  before(async () => {
    [extension, cli, page, simulator] = await Promise.all([
      sourcesOf(['src/extension.ts'], { platform: 'node', format: 'cjs', external: ['vscode'] }),
      sourcesOf(['src/cli.ts'], { platform: 'node', format: 'esm', splitting: true }),
      sourcesOf(['src/web/pageMain.ts'], { platform: 'browser', format: 'esm', splitting: true }),
      sourcesOf(['test/sim/chatWorld.ts', 'test/sim/byteWorld.ts'], { platform: 'node', format: 'esm' }),
    ]);
  });

  it('runs the device that the extension ships', () => {
    assertHas(extension, ...bothEnds, ...device);
  });

  it('runs the relay and the device that the command line ships', () => {
    assertHas(cli, ...bothEnds, ...device, ...relay);
  });

  it('runs the client that the page ships', () => {
    assertHas(page, ...bothEnds, ...client);
  });

  it('runs nothing of the product that is not shipped', () => {
    assertHas(simulator, ...bothEnds, ...device, ...client, ...relay);
    const shipped = new Set([...extension, ...cli, ...page]);
    assert.deepEqual(
      simulator.filter((file) => file.startsWith('src/') && !shipped.has(file)),
      [],
    );
  });

  it('replaces sockets, clock, chance and stores, and the model behind the device', () => {
    const replaced = simulator.filter((file) => file.startsWith('test/') && !file.startsWith('test/sim/'));
    assert.deepEqual(replaced.toSorted(), [
      'test/fakes/fakeModelClient.ts',
      'test/fakes/memoryDeviceStore.ts',
      'test/fakes/memoryStore.ts',
      'test/fakes/seededRandom.ts',
    ]);
  });
});
