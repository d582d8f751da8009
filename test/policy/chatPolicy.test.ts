import assert from 'node:assert/strict';
import { isCloudModelName, mayRequest, mayUseModel, type ChatScope } from '../../src/policy/chatPolicy.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';

const types = [
  ...(['hello', 'listConversations', 'listDeleted', 'search', 'listModels', 'open', 'close', 'page', 'ack'] as const),
  ...(['send', 'stop', 'regenerate', 'edit', 'choose', 'rename', 'deleteConversation', 'restoreConversation'] as const),
] as const;
// A request type that is not in the list above does not compile.
const everyType: Exclude<ChatRequest['type'], (typeof types)[number]> extends never ? true : never = true;

describe('chat policy', () => {
  it('lets local, chat and models clients send every chat request', () => {
    assert.ok(everyType);
    for (const scope of ['local', 'chat', 'models'] as const)
      assert.deepEqual(
        types.filter((type) => !mayRequest(scope, type)),
        [],
      );
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
