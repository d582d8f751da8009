// Checks that the version is the same wherever it stands; `npm run release:version` writes it.
import { main } from '../../scripts/lib/failure.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { readVersions } from '../../scripts/lib/releaseVersion.mjs';

await main(() => {
  const versions = readVersions(root);
  const [{ version }] = versions;
  const others = versions.filter((place) => place.version !== version);
  for (const place of others) console.error(`package.json says ${String(version)}, ${place.file} says ${String(place.version)}`);
  if (others.length === 0) console.log(version);
  return others.length === 0 ? 0 : 1;
});
