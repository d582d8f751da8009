import assert from 'node:assert/strict';
import {
  allowedSettings,
  isCloudModelName,
  mayPullModel,
  mayRequest,
  mayUseModel,
  type Asker,
  type ChatScope,
} from '../../src/policy/chatPolicy.ts';
import { MAX_REMOTE_CONTEXT_LENGTH } from '../../src/protocol/limits.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';

const types = [
  ...([
    'hello',
    'listConversations',
    'listDeleted',
    'search',
    'listModels',
    'open',
    'close',
    'page',
    'ack',
    'putImage',
    'getImage',
    'putChatFile',
    'getChatFile',
  ] as const),
  ...(['listLoaded', 'unloadModel', 'deleteModel', 'pullModel', 'cancelPull'] as const),
  ...([
    'send',
    'stop',
    'regenerate',
    'edit',
    'continue',
    'configure',
    'choose',
    'rename',
    'deleteConversation',
    'restoreConversation',
    'listPrompts',
    'savePrompt',
    'deletePrompt',
  ] as const),
] as const;
// A request type that is not in the list above does not compile.
const everyType: Exclude<ChatRequest['type'], (typeof types)[number]> extends never ? true : never = true;

describe('chat policy', () => {
  it('lets the person at the machine do everything, and paired clients chat', () => {
    assert.ok(everyType);
    const refused = (scope: ChatScope): string[] => types.filter((type) => !mayRequest(scope, type));
    assert.deepEqual(refused('local'), []);
    assert.deepEqual(refused('models'), ['deleteModel']);
    assert.deepEqual(refused('chat'), ['unloadModel', 'deleteModel', 'pullModel', 'cancelPull']);
  });

  it('lets only those who manage models download one, and from afar only from Ollama’s own library', () => {
    for (const name of ['qwen3:8b', 'me/mine', 'llama3.2']) {
      assert.ok(mayPullModel({ scope: 'local' }, name) && mayPullModel({ scope: 'models' }, name), name);
      assert.ok(!mayPullModel({ scope: 'chat' }, name) && !mayPullModel({ scope: 'api' }, name), name);
    }
    const hosts = [
      '10.0.0.1/x',
      'hf.co/a/b',
      'registry.example/a/b:1',
      'localhost/x',
      'box:5000/x',
      'http://10.0.0.1/x',
      'a/b/c',
      'x\\\\y',
    ];
    for (const name of [...hosts, 'glm-4.6:cloud']) {
      assert.ok(mayPullModel({ scope: 'local' }, name), name);
      assert.ok(!mayPullModel({ scope: 'models' }, name), name);
    }
  });

  it('lets an API client say hello and list models, and nothing else', () => {
    assert.deepEqual(
      types.filter((type) => mayRequest('api', type)),
      ['hello', 'listModels'],
    );
  });

  it('knows cloud-backed models by their names', () => {
    for (const name of ['glm-4.6:cloud', 'gpt-oss:120b-cloud', 'Qwen3:480B-CLOUD', 'x/y:cloud ']) assert.ok(isCloudModelName(name), name);
    for (const name of ['qwen3:8b', 'cloudy:7b', 'cloud', 'cloud:7b', 'me/cloud-7b:latest']) assert.ok(!isCloudModelName(name), name);
  });

  it('refuses cloud-backed models to every remote scope and allows them at the machine', () => {
    for (const scope of ['chat', 'models', 'api'] satisfies ChatScope[]) {
      assert.ok(!mayUseModel({ scope }, { name: 'glm-4.6:cloud' }));
      assert.ok(!mayUseModel({ scope }, { name: 'renamed', cloud: true }));
      assert.ok(mayUseModel({ scope }, { name: 'qwen3:8b', cloud: false }));
    }
    assert.ok(mayUseModel({ scope: 'local' }, { name: 'glm-4.6:cloud' }));
  });

  it('lets those from elsewhere use cloud-backed models where the owner has said so, and manage no more of them than their scope says', () => {
    for (const scope of ['chat', 'models', 'api'] satisfies ChatScope[]) {
      const asker = { scope, cloudModels: true };
      assert.ok(mayUseModel(asker, { name: 'glm-4.6:cloud' }) && mayUseModel(asker, { name: 'renamed', cloud: true }));
      assert.equal(mayPullModel(asker, 'glm-4.6:cloud'), scope === 'models');
      assert.ok(!mayPullModel(asker, '10.0.0.1/x'));
    }
  });

  it('brings what is asked from afar down to the context that the owner has set, and to the usual one without', () => {
    const wish = { contextLength: 100_000, temperature: 1 };
    const context = (asker: Asker) => allowedSettings(asker, wish).contextLength;
    assert.equal(context({ scope: 'chat' }), MAX_REMOTE_CONTEXT_LENGTH);
    assert.equal(context({ scope: 'models', maxContextLength: 4096 }), 4096);
    assert.equal(context({ scope: 'chat', maxContextLength: 200_000 }), 100_000);
    assert.deepEqual(allowedSettings({ scope: 'local', maxContextLength: 4096 }, wish), wish);
  });
});
