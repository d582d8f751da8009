import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue, type ErrorCode } from '../../src/protocol/errors.ts';
import { root } from '../harness/paths.ts';

const refusals = 'test/tunnel/refusals.test.ts';
const upgrade = 'test/tunnel/upgradeRefusal.test.ts › ${String(refusal)} means ${first}, and ${later} once the relay was reached';
const outcomes = 'test/agent/pairingOutcomes.test.ts';
const hub = 'test/conversation/hub.test.ts';
const folder = 'test/agent/node/stateFolder.test.ts';
const ollamaErrors = 'test/ollama/errors.test.ts';
const pullCauses = 'test/ollama/pullReader.test.ts › knows a full disk, an unknown name and a machine that is offline ${where}';
const status = `${ollamaErrors} › reads \${String(status)} \${body.slice(0, 60)} as \${code}`;
const pipe = 'test/agent/node/leaderPipe.test.ts';
const windows = 'test/agent/node/sharedAgent.test.ts';
const reach = 'test/protocol/reachable.test.ts';

/** For each code the test that brings it about: `file › title`, the title as it stands in the file. */
const proofs: Readonly<Record<ErrorCode, string>> = {
  relayUnreachable: `${refusals} › tries again where nobody answers: relayUnreachable`,
  relayNotFound: upgrade,
  foreignHost: upgrade,
  relayProtocol: 'test/tunnel/deviceAttempt.test.ts › is given up after ${what}',
  relayVersion: upgrade,
  programOlder: upgrade,
  relaySilent: 'test/tunnel/link.test.ts › is dead after 24 s without a frame, and not before',
  relayDraining: `${refusals} › is told that the relay restarts, and tries again: relayDraining`,
  relayBusy: upgrade,
  inviteRequired: `${refusals} › is told that an invite is wanted: inviteRequired`,
  inviteRefused: `${refusals} › is told that an invite is not the relay’s own, or taken back: inviteRefused`,
  inviteExpired: `${refusals} › is told apart from that when an invite’s time is over: inviteExpired`,
  proofRefused: `${refusals} › is told that the relay is not at this address: proofRefused`,
  duplicateDevice: `${refusals} › is told of another installation with its key: duplicateDevice`,
  replaced: `${refusals} › is told that a newer one has taken over: replaced`,
  badRelayUrl: "test/protocol/relayUrl.test.ts › ${text === '' ? 'nothing' : text} is refused",
  slowReader: 'test/relay/backpressure.test.ts › ends the link of a client with more than 2 MiB unsent, and no other',
  certificate: upgrade,
  relayIntercepted: upgrade,
  certificateChanged: upgrade,
  deviceOffline: 'test/tunnel/tunnel.test.ts › shows the device offline when it goes, and the streams as lost when it comes back new',
  deviceSilent: 'test/tunnel/session.test.ts › is given up when no first record follows the handshake, which may have been a repeated one',
  handshakeFailed: 'test/tunnel/deviceCircuit.test.ts › counts a message 1 without the secret as a bad try',
  sessionBroken: 'test/tunnel/session.test.ts › ends on a record that was changed',
  deviceRestarted: 'test/mux/mux.test.ts › says that every stream is gone when the device has a new table, and opens new ones there',
  revoked: 'test/agent/agent.test.ts › ends a client’s tunnel when it is revoked, and says so to the client',
  paused: `${refusals} › hears \${word} from the device itself, and is \${kind}`,
  identityLost: `${folder} › says identity lost instead of making a new key, when the private half is missing, damaged, or another one`,
  anotherLeads: `${folder} › has one leader; the lock of a killed one is free at once`,
  leaderStuck: `${windows} › show what was written, name the window that hangs, refuse what would change something, and go on after it: leaderStuck`,
  leaderOlder: `${pipe} › tells a newer window that the program that leads must be reloaded: leaderOlder`,
  windowOlder: `${pipe} › tells an older window that it must be reloaded itself: windowOlder`,
  offerExpired: 'test/agent/agent.test.ts › lets an offer be used once, and not after its time',
  offerUsed: `${outcomes} › is told that the offer has been used up by tries without its key: offerUsed`,
  pairingDenied: 'test/agent/agent.test.ts › keeps nothing of a client that is denied',
  badPairingLink: `${outcomes} › does not begin with half a link: badPairingLink`,
  pairingTimeout: `${outcomes} › is told that nobody answered in time: pairingTimeout`,
  badApiKey: `${reach} › tells half an API key from one that nobody knows: badApiKey`,
  unknownKey: `${reach} › tells a key that its device does not know from a device that is away: unknownKey`,
  keyExpired:
    'test/agent/agent.test.ts › ends an API key at its time while it is being used, and refuses it afterwards in words of its own',
  pairingUnused: 'test/agent/pairingRedial.test.ts › ends with words when it was allowed and not used in time',
  streamReset: 'test/protocol/errors.test.ts › reads an unknown number as a reset, and knows its own codes',
  streamGone: `${reach} › ends a stream that the peer has forgotten: streamGone`,
  tooManyStreams: 'test/mux/mux.test.ts › refuses one stream more than it may and keeps the rest',
  flowViolation: 'test/mux/mux.test.ts › resets one stream on a breach of its window and keeps the others',
  messageTooLong: 'test/conversation/chatPorts.test.ts › refuses a prompt that is too long where it is sent',
  badMessage: `${hub} › refuses what makes no sense, without a turn`,
  cancelled: 'test/tunnel/supervisor.test.ts › connects once for all who ask, and tells each who gives up',
  closed: `${reach} › opens no stream on a mux that is over: closed`,
  chatVersion: `${hub} › greets, tells how Ollama is, and refuses a version it does not speak`,
  notAllowed: `${hub} › refuses by scope, and cloud-backed models to remote clients`,
  unknownMessage: 'test/conversation/hubBranches.test.ts › refuses what is not there, or is of the other kind, and does not ask the model',
  unknownConversation: `${hub} › deletes after stopping, empties every view, and takes no more turns for it`,
  busy: `${hub} › refuses a second question while an answer is written, and says the same to its repeat`,
  promptNameTaken: 'test/conversation/hubPrompts.test.ts › refuses a name that another prompt has, in whatever case',
  promptsFull: 'test/conversation/hubPrompts.test.ts › keeps so many prompts, and so much text in all, and refuses one more',
  imageMissing: 'test/conversation/hubImages.test.ts › refuses a question whose images have not come, or whose model cannot see them',
  modelCannotSee: 'test/conversation/hubImages.test.ts › refuses a question whose images have not come, or whose model cannot see them',
  storeNewer: 'test/conversation/sqliteStore.test.ts › refuses a file that a newer version wrote, and leaves it as it is',
  importFailed: 'test/conversation/importChats.test.ts › refuses what is none of the three formats',
  storeFailed: `${hub} › does not contact the model when the turn cannot be committed`,
  ollamaNotInstalled: `${reach} › says that Ollama is not there when nobody answers and no binary is found: ollamaNotInstalled`,
  ollamaNotRunning: `${ollamaErrors} › sorts connection errors`,
  ollamaWrongHost: `${ollamaErrors} › sorts connection errors`,
  ollamaBlocked: status,
  ollamaForeign: status,
  ollamaNoModels: 'test/ui/chatModel.test.ts › gives a question back that was asked before it was known that there are no models',
  ollamaModelMissing: status,
  ollamaBusy: status,
  ollamaOutOfMemory: status,
  ollamaFailed: status,
  ollamaEndedEarly: 'test/ollama/answerReader.test.ts › calls an end without done early',
  ollamaFirstTokenTimeout: 'test/ollama/node/ollamaClient.test.ts › waits for the first token as long as the setting says',
  ollamaIdleTimeout: 'test/ollama/node/ollamaClient.test.ts › waits between pieces as long as the setting says, and knows no total limit',
  ollamaPullFailed: 'test/ollama/pullReader.test.ts › ends with ollamaPullFailed ${what}',
  ollamaDiskFull: pullCauses,
  ollamaUnknownModel: pullCauses,
  ollamaOffline: pullCauses,
  internal: 'test/tunnel/supervisor.test.ts › stops with an error when a try cannot even be begun, first or later',
};

const sources = new Map<string, string>();
function sourceOf(file: string): string {
  const source = sources.get(file) ?? readFileSync(join(root, file), 'utf8');
  sources.set(file, source);
  return source;
}

/** The lines of one test, with what stands before it back to the end of the one above: the table that a loop runs through. */
function testIn(source: string, title: string): string | undefined {
  const lines = source.split('\n');
  const quoted = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const at = lines.findIndex((line) => new RegExp(`^\\s*it\\(\\s*(['"\`])${quoted}\\1`).test(line));
  if (at === -1) return undefined;
  let from = at;
  while (from > 0 && !/^\s*\}\);$|describe\(/.test(lines[from - 1] ?? '')) from--;
  let to = at + 1;
  while (to < lines.length && !/^\s*(?:it|describe)\(/.test(lines[to] ?? '')) to++;
  return lines.slice(from, to).join('\n');
}

describe('every error of the catalogue', () => {
  it('is brought about by a test', () => {
    const faults: string[] = [];
    for (const [code, proof] of Object.entries(proofs)) {
      const [file = '', title = ''] = proof.split(' › ');
      const body = testIn(sourceOf(file), title);
      if (body === undefined) faults.push(`${code}: no test in ${file} is called "${title}"`);
      else if (!new RegExp(`\\b${code}\\b`).test(body)) faults.push(`${code}: "${title}" says nothing of it`);
    }
    assert.deepEqual(faults, []);
  });

  it('is named in the code that ships, outside of the catalogue', () => {
    const folder = join(root, 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const code = files.filter((file) => !file.endsWith('errors.ts')).map((file) => readFileSync(join(folder, file), 'utf8'));
    const ollama = readFileSync(join(folder, 'ollama/errors.ts'), 'utf8');
    const unused = Object.keys(errorCatalogue).filter((name) => ![...code, ollama].some((text) => text.includes(`'${name}'`)));
    // what a number from the wire reads as when nobody knows it
    assert.deepEqual(unused, ['streamReset']);
  });
});
