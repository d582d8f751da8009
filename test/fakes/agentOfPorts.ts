import type { EditorAgent } from '../../src/views/editorAgent.ts';
import { FakeChatPort } from './fakeChatPort.ts';

/** An agent of which only lines to the hub are asked: each is put into `ports`, newest last. */
export function agentOfPorts(ports: FakeChatPort[]): Promise<EditorAgent> {
  const createChatPort = (): FakeChatPort => {
    const port = new FakeChatPort();
    ports.push(port);
    return port;
  };
  return Promise.resolve({ control: undefined as never, createChatPort, chats: undefined as never });
}
