import type { LoadedModel, ModelInfo } from '../../../src/protocol/chatModels.ts';
import type { AnswerStats, ChatMessage } from '../../../src/protocol/chatMessage.ts';
import { demoIdOf, type DemoChat } from './demoPort.ts';

export const demoModels: ModelInfo[] = [
  {
    name: 'qwen3:8b',
    size: 5_225_388_164,
    parameterSize: '8.2B',
    quantization: 'Q4_K_M',
    loaded: true,
    capabilities: ['completion', 'tools', 'thinking'],
  },
  { name: 'gemma3:4b', size: 3_338_801_804, parameterSize: '4.3B', quantization: 'Q4_K_M', capabilities: ['completion', 'vision'] },
  { name: 'llama3.2:3b-instruct-q8_0', size: 3_421_898_752, parameterSize: '3.2B', quantization: 'Q8_0' },
];

/** One in memory, partly on the CPU, for another four minutes. `now` is wall clock, ms. */
export function demoLoaded(now: number): LoadedModel[] {
  return [{ name: 'qwen3:8b', size: 6_512_345_088, gpuSize: 4_884_258_816, expiresAt: now + 235_000, contextLength: 8192 }];
}

const stats: AnswerStats = { totalMs: 7000, loadMs: 0, promptTokens: 31, promptMs: 410, answerTokens: 318, answerMs: 7420, reason: 'stop' };

const answerText = `The tunnel keeps **one outbound connection** from your computer to the relay, so nothing has to listen on a port.

## How a question travels

1. The page seals it for your computer's key.
2. The relay passes the sealed record on; it has no key.
3. The agent opens it and asks Ollama on \`127.0.0.1:11434\`.

\`\`\`ts
for await (const piece of service.streamResponse(prompt, model)) {
  view.append(piece.chunk);
  if (piece.isComplete) break;
}
\`\`\`

| Hop | Added time |
|:--|--:|
| page to relay | 18 ms |
| relay to computer | 21 ms |

> A broken line costs no text: both ends go on from the byte where they were.

More in the [Noise specification](https://noiseprotocol.org/noise.html).`;

/** Some chats of one person. `now` is wall clock, ms. */
export function demoChats(now: number): Map<string, DemoChat> {
  const hour = 3_600_000;
  const chat = (title: string, ageHours: number, messages: ChatMessage[] = []): DemoChat => ({
    title,
    updatedAt: now - ageHours * hour,
    messages,
    sequence: messages.length,
  });
  const turn = (name: string, question: string, answer: string, more: Partial<ChatMessage> = {}): ChatMessage[] => [
    { id: demoIdOf(`q${name}`), role: 'user', text: question, createdAt: now - hour },
    {
      id: demoIdOf(`a${name}`),
      role: 'assistant',
      text: answer,
      createdAt: now - hour,
      model: 'qwen3:8b',
      state: 'done',
      nextSequence: 9,
      stats,
      ...more,
    },
  ];
  return new Map([
    [
      demoIdOf('main'),
      chat('How does the tunnel work?', 0.1, [
        ...turn('1', 'Is anything on my computer reachable from outside?', 'No. Your computer dials out; nothing listens.', {
          stats: { ...stats, answerTokens: 12, answerMs: 290 },
        }),
        ...turn('2', 'How does a question get from my phone to Ollama, and what does the relay see of it?', answerText),
      ]),
    ],
    [demoIdOf('b'), chat('Rewrite the release notes', 2)],
    [demoIdOf('c'), chat('SQLite WAL on a network drive', 26)],
    [demoIdOf('d'), chat('Sourdough with 20 % rye', 75)],
    [demoIdOf('e'), chat('What is a Noise handshake, and why does the psk come first?', 100)],
    [
      demoIdOf('long'),
      chat(
        'A long one',
        700,
        Array.from({ length: 100 }, (_, i) =>
          turn(`long${String(i)}`, `Question ${String(i + 1)}`, `${answerText}\n\nNumber ${String(i + 1)}.`),
        ).flat(),
      ),
    ],
  ]);
}
