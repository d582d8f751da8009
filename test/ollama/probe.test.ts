import assert from 'node:assert/strict';
import type { ConnectionFailure } from '../../src/ollama/errors.ts';
import { classifyProbe, OLLAMA_GREETING, type ProbeAnswer, type ProbeFacts } from '../../src/ollama/probe.ts';

const answer = (status: number, body: string): ProbeAnswer => ({ kind: 'answer', status, body });
const failed = (failure: ConnectionFailure): ProbeFacts => ({ ...base, root: { kind: 'failure', failure } });
const greeting = answer(200, OLLAMA_GREETING);
const version = answer(200, '{"version":"0.33.0"}');
const base: ProbeFacts = { scheme: 'http', isLoopback: true, hasBinary: true, root: greeting };

describe('probe', () => {
  const cases: readonly (readonly [string, ProbeFacts, object])[] = [
    ['healthy', { ...base, version, tags: answer(200, '{"models":[{}]}') }, { state: 'ok', version: '0.33.0' }],
    ['healthy, the list failing', { ...base, version, tags: answer(500, '') }, { state: 'ok', version: '0.33.0' }],
    [
      'the stand-in',
      { ...base, version: answer(200, '{"version":"0.33.0-standin"}') },
      { state: 'ok', version: '0.33.0-standin', standIn: true },
    ],
    ['no models', { ...base, version, tags: answer(200, '{"models":[]}') }, { state: 'noModels', version: '0.33.0' }],
    ['models null', { ...base, version, tags: answer(200, '{"models":null}') }, { state: 'noModels', version: '0.33.0' }],
    ['refused, binary found', failed('refused'), { state: 'notRunning' }],
    ['refused, no binary', { ...failed('refused'), hasBinary: false }, { state: 'notInstalled' }],
    ['refused elsewhere', { ...failed('refused'), isLoopback: false }, { state: 'wrongHost' }],
    ['no such host', failed('unreachable'), { state: 'wrongHost' }],
    ['silence here', failed('timeout'), { state: 'foreign' }],
    ['silence elsewhere', { ...failed('timeout'), isLoopback: false }, { state: 'wrongHost' }],
    ['TLS toward cleartext', { ...failed('protocol'), scheme: 'https' }, { state: 'wrongHost' }],
    ['no HTTP', failed('protocol'), { state: 'foreign' }],
    ['reset', failed('reset'), { state: 'foreign' }],
    ['HTML', { ...base, root: answer(200, '<html>') }, { state: 'foreign' }],
    ['not quite the greeting', { ...base, root: answer(200, 'Ollama is running!') }, { state: 'foreign' }],
    ['greeting without version', { ...base, version: answer(404, '404 page not found') }, { state: 'foreign' }],
    ['greeting with another version body', { ...base, version: answer(200, '{"v":1}') }, { state: 'foreign' }],
    ['403 empty', { ...base, root: answer(403, '') }, { state: 'blocked' }],
    ['403 with a body', { ...base, root: answer(403, 'no') }, { state: 'foreign' }],
    ['redirect', { ...base, root: answer(307, '') }, { state: 'foreign' }],
  ];
  for (const [name, facts, verdict] of cases) {
    it(`tells: ${name}`, () => {
      assert.deepEqual(classifyProbe(facts), verdict);
    });
  }
});
