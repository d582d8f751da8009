// node scripts/editor.ts --state DIR --settings JSON: VS Code in a browser (code-server) with the packed extension, for `npm start -- --editor`.
import { parseArgs } from 'node:util';
import { CodeServer } from '../test/harness/codeServer.ts';
import { packedExtension } from '../test/harness/packExtension.ts';

const { values } = parseArgs({ options: { state: { type: 'string', default: '' }, settings: { type: 'string', default: '{}' } } });

const server = await CodeServer.start({
  vsix: packedExtension(),
  env: { C2L_STATE: values.state },
  settings: JSON.parse(values.settings) as Record<string, unknown>,
});
process.stdout.write(`${JSON.stringify({ event: 'listening', url: server.origin })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void server.stop().then(() => process.exit(0));
  });
}
