import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { agentVerb } from '../../src/agent/node/agentVerb.ts';
import { doctorVerb } from '../../src/agent/node/doctorVerb.ts';
import { proxyVerb } from '../../src/gateway/node/proxyVerb.ts';
import { relayVerb } from '../../src/relay/node/relayVerb.ts';
import { root } from '../harness/paths.ts';
import { faultOf } from './acceptance.mjs';
import { commandsOf, judge, otherProofs, scriptProofs, verbProofs, type Proof } from './documentCommands.ts';

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const scripts = Object.keys((JSON.parse(text('package.json')) as { scripts: object }).scripts);
/** Documents whose lines are proofs themselves name tests, not commands. */
const lists = ['ACCEPTANCE.md', 'FEATURES.md'];
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md') && !lists.includes(name))
    .map((name) => `docs/${name}`),
];
const commands = documents.flatMap((document) => commandsOf(text(document)).map((command) => [document, command] as const));
const verbs: Readonly<Record<string, Command>> = {
  relay: relayVerb({ pageFolder: '' }),
  agent: agentVerb({ cliFile: '' }),
  proxy: proxyVerb(),
  doctor: doctorVerb(),
};

function proofFault(proof: Proof): string | undefined {
  const repository = { scripts, read: (path: string) => (existsSync(join(root, path)) ? text(path) : undefined) };
  if ('test' in proof) return faultOf(`test: ${proof.test}`, repository);
  if ('report' in proof) return faultOf(`report: ${proof.report}`, repository);
  if ('stage' in proof)
    return new RegExp(`'${proof.stage}'`).test(text('scripts/test.mjs')) ? undefined : `npm test has no stage ${proof.stage}`;
  return proof.byHand.length > 10 ? undefined : 'it does not say why nothing runs it';
}

/** Options of a verb and of those it is under; undefined where there is no such verb. */
function optionsOf(verb: string): string[] | undefined {
  const [first = '', ...rest] = verb.split(' ');
  const found = ['--help', '--version'];
  let command = verbs[first];
  for (const name of ['', ...rest]) {
    if (name !== '') command = command?.commands.find((one) => one.name() === name);
    if (!command) return undefined;
    found.push(...command.options.map(({ long }) => long ?? ''));
  }
  return found;
}

describe('the commands in the documents', () => {
  it('are each in the table of what runs them', () => {
    assert.ok(commands.length > 40, `only ${String(commands.length)} were found`);
    const unknown = commands.filter(([, command]) => judge(command).proof === undefined);
    assert.deepEqual(unknown, [], 'add what runs it to test/checks/documentCommands.ts');
  });

  it('are run by what the table says', () => {
    const proofs = [...Object.values(scriptProofs), ...Object.values(verbProofs), ...otherProofs.map(([, proof]) => proof)];
    assert.deepEqual(
      proofs.map(proofFault).filter((fault) => fault !== undefined),
      [],
    );
    for (const [script, proof] of Object.entries(scriptProofs))
      if ('report' in proof) assert.ok(text(proof.report).includes(`command: \`npm run ${script} `), proof.report);
  });

  it('name scripts, verbs and options that there are', () => {
    assert.deepEqual(
      Object.keys(scriptProofs).filter((script) => !scripts.includes(script)),
      [],
    );
    for (const [document, command] of commands) {
      const { verb, flags = [] } = judge(command);
      if (verb === undefined) continue;
      const options = optionsOf(verb);
      assert.ok(options, `${document}: ${command}: there is no verb ${verb}`);
      for (const flag of flags) assert.ok(options.includes(flag), `${document}: ${command}: ${verb} has no ${flag}`);
    }
  });

  it('have no row in the table that is about nothing', () => {
    const used = new Set(commands.map(([, command]) => judge(command).proof));
    assert.deepEqual(
      otherProofs.filter(([, proof]) => !used.has(proof)).map(([pattern]) => String(pattern)),
      [],
    );
  });
});

describe('what is a command in a document', () => {
  it('is each line of a block of the shell, and what looks like one elsewhere', () => {
    const markdown = [
      'Type `npm test` and `Ctrl+C`, see `src/base`.',
      '',
      '    npm start     # with a word about it',
      '    not a command',
      '',
      '```sh',
      'whatever --this is   # said',
      'one \\',
      '  two',
      '```',
      '```json',
      '{ "node ": 1 }',
      '```',
      '',
    ].join('\n');
    assert.deepEqual(commandsOf(markdown), ['whatever --this is', 'one    two', 'npm start', 'npm test']);
  });

  it('is known by its script or verb, whatever stands before it, and not when it is none', () => {
    assert.equal(judge('C2L_SECRET=$(cat /etc/a b) node /opt/x/cli.mjs relay invite anna --public-url https://r').verb, 'relay invite');
    assert.deepEqual(judge('cloudtolocalllm agent keys create x --days 3').flags, ['--days']);
    assert.equal(judge('npm run nonsense').proof, undefined);
    assert.equal(judge('cloudtolocalllm conquer').proof, undefined);
    assert.equal(judge('rm -rf /').proof, undefined);
  });
});
