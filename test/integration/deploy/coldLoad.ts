import { collect, officialClients, type Clients } from '../clients/officialClients.ts';

export const coldLoadModel = 'stand-in:latest';
export const coldLoadMessages = [{ role: 'user', content: 'hello' }];
/** What the model says once it has come. */
export const coldLoadAnswer = 'I am awake.';

const [model, messages] = [coldLoadModel, coldLoadMessages];

/** Each way in which an answer may come. */
const asks: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
  'lines of Ollama': async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })),
  'one value of Ollama': ({ ollama }) => ollama.chat({ model, messages }),
  'events of OpenAI': async ({ openai }) => collect(await openai.chat.completions.create({ model, messages, stream: true })),
  'one value of OpenAI': ({ openai }) => openai.chat.completions.create({ model, messages }),
  'events of Anthropic': ({ anthropic }) => anthropic.messages.stream({ model, max_tokens: 99, messages }).finalMessage(),
};

export const coldLoadAsks: readonly string[] = Object.keys(asks);

/** All of them at once. @returns of each its name, its status, and the answer, or what came in its place */
export function answersAfterLoad(
  url: string,
  key: string,
): Promise<(readonly [what: string, status: number | undefined, answer: string])[]> {
  return Promise.all(
    Object.entries(asks).map(async ([what, ask]) => {
      const clients = await officialClients({ url, key });
      const said = JSON.stringify(await ask(clients).catch(String));
      return [what, clients.wire[0]?.status, said.includes(coldLoadAnswer) ? coldLoadAnswer : said] as const;
    }),
  );
}
