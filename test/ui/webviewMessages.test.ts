import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecodeError } from '../../src/base/bytes.ts';
import { parseHostMessage, parseWebviewMessage, type HostToWebview, type WebviewToHost } from '../../src/protocol/webviewMessages.ts';
import { chat, snapshot } from './talk.ts';

const preferences = { sendWith: 'ctrlEnter', answerDetails: false, thinking: 'hidden', remoteImages: 'never' } as const;
const fromHost: HostToWebview[] = [
  { type: 'init', capabilities: { editorActions: true, showsConnection: false }, status: { state: 'connected' }, preferences },
  { type: 'preferences', preferences: { sendWith: 'enter', answerDetails: true, thinking: 'expanded', remoteImages: 'ask' } },
  {
    type: 'init',
    capabilities: { editorActions: true, showsConnection: false },
    status: { state: 'error', error: 'revoked' },
    preferences,
    conversationId: chat,
  },
  { type: 'reply', reply: snapshot(3) },
  { type: 'status', status: { state: 'reconnecting', error: 'relayUnreachable', rttMs: 12 } },
  { type: 'command', command: 'focusInput' },
  { type: 'openConversation', conversationId: chat },
  {
    type: 'attach',
    items: [
      { path: 'src/a.ts', language: 'typescript', lines: { first: 3, last: 9 }, text: 'const a = 1;' },
      { path: 'b.md', language: 'markdown', text: '' },
    ],
  },
];

const view = {
  conversationId: chat,
  title: 'T',
  hasConversation: true,
  hasAnswer: true,
  generating: false,
  chatFocused: true,
  inputFocused: false,
};
const fromWebview: WebviewToHost[] = [
  { type: 'ready' },
  { type: 'request', request: { type: 'listModels' } },
  { type: 'view', view },
  { type: 'code', code: { action: 'insert', language: '', text: 'x' } },
];

describe('webview messages', () => {
  it('read what the other side wrote', () => {
    for (const message of fromHost) assert.deepEqual(parseHostMessage(structuredClone(message)), message);
    for (const message of fromWebview) assert.deepEqual(parseWebviewMessage(structuredClone(message)), message);
  });

  it('refuse a request or reply that does not follow the chat contract, and an unknown command', () => {
    assert.throws(() => parseHostMessage({ type: 'reply', reply: { type: 'snapshot' } }), DecodeError);
    assert.throws(() => parseHostMessage({ type: 'command', command: 'format' }), DecodeError);
    assert.throws(() => parseHostMessage({ type: 'attach', items: [{ path: '', language: '', text: '' }] }), DecodeError);
    assert.throws(() => parseWebviewMessage({ type: 'code', code: { action: 'run', language: 'sh', text: 'ls' } }), DecodeError);
    assert.throws(() => parseWebviewMessage({ type: 'request', request: { type: 'send', text: 'x' } }), DecodeError);
  });

  it('throw nothing but a DecodeError, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parse of [parseHostMessage, parseWebviewMessage]) {
          try {
            parse(value);
          } catch (error) {
            assert.ok(error instanceof DecodeError);
          }
        }
      }),
    );
  });
});
