// npm run release:version -- 0.2.0 [2026-12-01]: the version in all of its places, and the date of the release in the changelog.
import { Failure, main } from './lib/failure.mjs';
import { root } from './lib/paths.mjs';
import { readVersions, writeVersion } from './lib/releaseVersion.mjs';

await main(() => {
  const [version, date] = process.argv.slice(2);
  if (version === undefined) throw new Failure('There is no version to write.', 'Type: npm run release:version -- 0.2.0');
  writeVersion(root, version, date);
  for (const { file, version: now } of readVersions(root)) console.log(`${now ?? ''}  ${file}`);
  return 0;
});
