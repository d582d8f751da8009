// npm run test:load -- coldLoad: a model that loads for three minutes, behind the servers of deploy/. Writes docs/reports/coldLoad.md.
import { spawnSync } from 'node:child_process';
import { writeReport } from '../../scripts/lib/report.mjs';
import { answersAfterLoad, coldLoadAnswer } from '../integration/deploy/coldLoad.ts';
import { proxyNames, proxyPrograms } from '../integration/deploy/deployedProxy.ts';
import { startDeployedStack } from '../integration/deploy/deployedStack.ts';

const LOAD_MS = 180_000;

if (proxyNames.length === 0) throw new Error('Neither nginx nor Caddy is here. Run: npm run setup');

/** What the program itself says, without its name. */
function versionOf(name: (typeof proxyNames)[number]): string {
  const { stdout, stderr } = spawnSync(proxyPrograms[name] ?? '', name === 'nginx' ? ['-v'] : ['version'], { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown';
}

const deployed = await startDeployedStack(proxyNames, { ollama: { loadMs: LOAD_MS, numParallel: 16, script: [coldLoadAnswer] } });
const rows: { readonly cells: readonly string[]; readonly holds: boolean }[] = [];
try {
  const { stack, proxies } = deployed;
  stack.agent.say('k test');
  const key = String((await stack.agent.first('key'))['key']);
  const asked = await Promise.all(
    proxies.map(async ({ name, url }) => {
      const began = performance.now();
      const answers = await answersAfterLoad(url, key);
      return { name, answers, seconds: (performance.now() - began) / 1000 };
    }),
  );
  for (const { name, answers, seconds } of asked) {
    for (const [what, status, answer] of answers) {
      const holds = status === 200 && answer === coldLoadAnswer && seconds >= LOAD_MS / 1000;
      const cells = [`${name} ${versionOf(name)}`, what, String(status), holds ? 'whole' : answer, `${seconds.toFixed(1)} s`];
      rows.push({ cells, holds });
      console.log(`${holds ? 'ok  ' : 'FAIL'} ${cells.join(', ')}`);
    }
  }
} finally {
  await deployed.stop();
}

const held = rows.filter(({ holds }) => holds).length;
writeReport('coldLoad', {
  title: 'A model that loads for three minutes',
  command: 'npm run test:load -- coldLoad',
  result: `${String(held)} of ${String(rows.length)} answers came whole`,
  body: [
    `The stand-in for Ollama says nothing for ${String(LOAD_MS / 1000)} s, then answers. The official npm clients ask through gateway and tunnel, all at once, over TLS, by the servers`,
    'that `deploy/` has a configuration for, with the time limits that these have by themselves: nginx gives up on whoever says nothing for 60 s. The time is that of the last answer.',
    '`test/integration/coldLoad.test.ts` does the same with 75 s at every `npm test`, and sees nginx give up on Ollama itself.',
    '',
    '| Behind | Asked for | Status | Answer | After |',
    '|---|---|---|---|---|',
    ...rows.map(({ cells }) => `| ${cells.join(' | ')} |`),
  ].join('\n'),
});
process.exitCode = held === rows.length && rows.length > 0 ? 0 : 1;
