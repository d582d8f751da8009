/**
 * The commands in the documents for people, and what runs each: a test, a stage of `npm test`, or a report that names the command. What is
 * in no table is red: a command that nobody runs is wrong sooner or later.
 */

/** How a command is known to work. */
export type Proof =
  | { readonly test: string }
  /** A stage of `npm test`, which CI runs. */
  | { readonly stage: string }
  /** A report in docs/reports that the command has written, and names. */
  | { readonly report: string }
  /** Not run by itself; why. */
  | { readonly byHand: string };

const start = 'test/integration/start.test.ts';
const documents = 'test/integration/documents.test.ts';
const relay = 'test/integration/relay.test.ts';
const guide =
  'test/integration/deploy/guide.test.ts › starts a relay as a service, lets a computer in, puts nginx and Caddy before it, and updates it';

/** Scripts of package.json, as `npm start` and `npm run check`. */
export const scriptProofs: Readonly<Record<string, Proof>> = {
  start: { test: `${start} › sets everything up, asks one question through relay and tunnel, and ends with 0: --once` },
  test: { stage: 'unit' },
  build: { stage: 'build' },
  check: { stage: 'check' },
  package: {
    test: 'test/integration/package.test.ts › makes a package of exactly the files that belong into it, small enough, without maps, tests and native modules',
  },
  'package:npm': {
    test: 'test/integration/package.test.ts › makes an npm package that installs without a network into an empty folder, and is a whole relay there',
  },
  'release:version': {
    test: 'test/checks/releasing.test.ts › has the version written into all of its places at once, and into none when it is no version',
  },
  setup: { byHand: 'the first step of npm test; scripts/setup.mjs' },
  watch: { byHand: 'the build of npm run build, which goes on' },
  format: { byHand: 'prettier --write; npm run check runs prettier --check' },
  documents: { test: 'test/checks/documents.test.ts › have their tables from the code' },
  pictures: {
    test: 'test/checks/pictures.test.ts › show every state that tests look at, in every theme, and those of the page in every size too',
  },
  'test:unit': { stage: 'unit' },
  'test:sim': { stage: 'sim' },
  'test:integration': { stage: 'integration' },
  'test:waiting': { stage: 'waiting' },
  'test:browser': { stage: 'browser' },
  'test:vscode': { stage: 'vscode' },
  'test:live': { byHand: 'needs a real Ollama with a model, which CI does not have' },
  'test:long': { report: 'docs/reports/kills.md' },
  'test:load': { report: 'docs/reports/relay-load.md' },
  bench: { report: 'docs/reports/activation.md' },
};

/** Verbs of `cloudtolocalllm`, also as `node dist/cli.mjs`. Their flags are looked up in the program itself. */
export const verbProofs: Readonly<Record<string, Proof>> = {
  relay: { test: `${documents} › start a relay on one’s own machine, and one with a secret that makes invites` },
  'relay invite': { test: `${relay} › keeps invites valid over restarts, and revokes them by name` },
  'relay config': {
    test: 'test/relay/settings.test.ts › are checked and printed by relay config, for people and for scripts, the secret hidden',
  },
  'relay check': {
    test: 'test/relay/check.test.ts › finds nothing wrong with a relay behind a web server over TLS, and looks at every hop',
  },
  'relay status': {
    test: 'test/integration/relayAdmin.test.ts › counts what its ends count, on an address of its own that the public one knows nothing of, and tells it to relay status',
  },
  proxy: { test: `${documents} › ask through the proxy, as curl and as the official clients` },
  doctor: { test: `${documents} › look at every hop: doctor` },
  agent: { test: `${documents} › start an agent that pairs and makes keys` },
  'agent pair': { test: 'test/agent/node/agentCommand.test.ts › hands its options on, also those before the word pair' },
  'agent keys create': { test: `${documents} › make, list and revoke a key` },
  'agent keys list': { test: `${documents} › make, list and revoke a key` },
  'agent keys revoke': { test: `${documents} › make, list and revoke a key` },
  'agent install': { test: 'test/agent/node/background/installCommand.test.ts › the verbs agent install, uninstall and status' },
  'agent uninstall': { test: 'test/agent/node/background/installCommand.test.ts › the verbs agent install, uninstall and status' },
  'agent status': { test: 'test/agent/node/background/installCommand.test.ts › the verbs agent install, uninstall and status' },
};

/** All else, and scripts with options of their own, by what a line looks like. */
export const otherProofs: readonly (readonly [command: RegExp, proof: Proof])[] = [
  [/^npm ci$/, { byHand: 'npm’s own; npm start and npm test run it where packages are missing' }],
  [
    /^npm start -- --(once|json)$/,
    { test: `${start} › sets everything up, asks one question through relay and tunnel, and ends with 0: --once` },
  ],
  [/^npm start -- --fresh$/, { test: `${start} › uses the Ollama that OLLAMA_HOST names, and forgets earlier runs: --fresh` }],
  [/^npm start -- --open$/, { byHand: 'opens a browser of the desktop, which tests do not have' }],
  [
    /^npm start -- --editor$/,
    { byHand: 'the editor suites run the same editor with the same package; a walk through the README starts it' },
  ],
  [/^curl http:\/\/127\.0\.0\.1:11434\//, { test: `${documents} › ask through the proxy, as curl and as the official clients` }],
  [/^curl https:\/\/relay\.example\//, { test: `${documents} › ask through a relay, as curl and as the official clients` }],
  [/^export C2L_SECRET=/, { test: `${documents} › start a relay on one’s own machine, and one with a secret that makes invites` }],
  // The test of the guide types them, where `docker` and `git` only note what they are asked.
  [/^chmod 600 deploy\/\.env$/, { test: guide }],
  [/^docker compose --file deploy\/compose\.yaml /, { test: guide }],
  [/^NAME=/, { test: guide }],
  [/^curl --retry 5 .*\/healthz$/, { test: guide }],
  [/^git pull$/, { test: guide }],
  [/^ssh -L /, { byHand: 'needs another machine' }],
];

/** What is a command when it stands between backticks or in a block without a language. */
const known =
  /^(?:(?:export )?\w+=\S|npm |npx |node |cloudtolocalllm |curl |openssl |chmod |ssh |docker |systemctl |git |cp |mkdir |caddy |nginx )/;

/** The commands of a document, one line each: whatever stands in `sh` blocks, and what looks like one in others and between backticks. */
export function commandsOf(markdown: string): string[] {
  const found: string[] = [];
  const rest = markdown.replaceAll(/^```(\w*)\n([\s\S]*?)^```$/gm, (_block, language: string, body: string) => {
    if (language === 'sh' || language === '') found.push(...linesOf(body).filter((line) => language === 'sh' || known.test(line)));
    return '';
  });
  for (const [block] of rest.matchAll(/(?:^ {4}\S.*\n)+/gm)) found.push(...linesOf(block).filter((line) => known.test(line)));
  for (const [, code = ''] of rest.matchAll(/`([^`\n]+)`/g)) if (/^(?:npm|npx|node|cloudtolocalllm|ssh) /.test(code)) found.push(code);
  return [...new Set(found)];
}

/** A line that ends with a backslash goes on; what stands behind a # is for people. */
function linesOf(block: string): string[] {
  return block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)#\s.*$/, '').trim())
    .filter((line) => line !== '');
}

/** What stands for a command, and which options it uses. */
export interface Judged {
  readonly proof: Proof | undefined;
  /** Of `cloudtolocalllm`: the words of the verb. */
  readonly verb?: string;
  readonly flags?: readonly string[];
}

export function judge(command: string): Judged {
  const bare = command.replace(/^(?:[A-Z]\w*=(?:\$\([^)]*\)|\S+)\s+)*(?=\S)/, '');
  const other = otherProofs.find(([pattern]) => pattern.test(bare))?.[1];
  if (other) return { proof: other };
  const script = /^npm (?:run )?([\w:]+)/.exec(bare)?.[1];
  if (script !== undefined) return { proof: script === 'start' && bare !== 'npm start' ? undefined : scriptProofs[script] };
  const args = /^(?:(?:npx (?:--offline )?)?cloudtolocalllm|node \S*\bcli\.mjs)(?: (.*))?$/.exec(bare);
  if (!args) return { proof: undefined };
  const words = (args[1] ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return { proof: { byHand: 'the program itself, named' } };
  const verb = [3, 2, 1].map((count) => words.slice(0, count).join(' ')).find((name) => name in verbProofs) ?? words[0] ?? '';
  const flags = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*/, ''));
  return { proof: verbProofs[verb], verb, flags };
}
