import assert from 'node:assert/strict';
import { isCloudModelName, mayPullModel, mayRequest, mayUseModel, type ChatScope } from '../../src/policy/chatPolicy.ts';
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
      assert.ok(mayPullModel('local', name) && mayPullModel('models', name), name);
      assert.ok(!mayPullModel('chat', name) && !mayPullModel('api', name), name);
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
      assert.ok(mayPullModel('local', name), name);
      assert.ok(!mayPullModel('models', name), name);
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
      assert.ok(!mayUseModel(scope, { name: 'glm-4.6:cloud' }));
      assert.ok(!mayUseModel(scope, { name: 'renamed', cloud: true }));
      assert.ok(mayUseModel(scope, { name: 'qwen3:8b', cloud: false }));
    }
    assert.ok(mayUseModel('local', { name: 'glm-4.6:cloud' }));
  });
});
