import type { Exchange } from './exchange.ts';
import * as management from './managementRoutes.ts';
import { answerNatively } from './nativeRoutes.ts';
import { Refusal } from './refusal.ts';
import type { StandInState } from './state.ts';
import { answerCompletions } from './v1Completions.ts';
import { answerEmbeddings, listModels, retrieveModel } from './v1Lists.ts';
import { answerMessages } from './v1Messages.ts';
import { answerResponses } from './v1Responses.ts';

type Handler = (exchange: Exchange, state: StandInState) => void | Promise<void>;

const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/': readOnly((exchange) => {
    exchange.sendText(200, 'Ollama is running');
  }),
  '/api/version': readOnly((exchange) => {
    exchange.sendJson(200, { version: exchange.knobs.versionString });
  }),
  '/api/tags': readOnly(management.tags),
  '/api/status': {
    GET: (exchange) => {
      exchange.sendJson(200, { cloud: { disabled: exchange.knobs.cloud === 'disabled', source: 'none' } });
    },
  },
  '/api/ps': {
    GET: (exchange, state) => {
      exchange.sendJson(200, { models: state.scheduler.list() });
    },
  },
  '/api/show': { POST: management.show },
  '/api/chat': { POST: (exchange, state) => answerNatively(exchange, state, true) },
  '/api/generate': { POST: (exchange, state) => answerNatively(exchange, state, false) },
  '/api/embed': {
    POST: (exchange, state) => {
      management.embed(exchange, state, false);
    },
  },
  '/api/embeddings': {
    POST: (exchange, state) => {
      management.embed(exchange, state, true);
    },
  },
  '/api/pull': { POST: management.pull },
  '/api/copy': { POST: management.copy },
  '/api/delete': { DELETE: management.remove },
  '/api/me': {
    POST: () => {
      throw new Refusal(401, { error: 'unauthorized', signin_url: 'https://ollama.com/connect?name=stand-in&key=none' });
    },
  },
  '/v1/chat/completions': { POST: (exchange, state) => answerCompletions(exchange, state, true) },
  '/v1/completions': { POST: (exchange, state) => answerCompletions(exchange, state, false) },
  '/v1/responses': { POST: answerResponses },
  '/v1/messages': { POST: answerMessages },
  '/v1/embeddings': { POST: answerEmbeddings },
  '/v1/models': { GET: listModels },
};
/** Paths that end with a name. */
const named: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/api/blobs/': { HEAD: management.blob, POST: management.blob },
  '/v1/models/': { GET: retrieveModel },
};

function readOnly(handler: Handler): Record<string, Handler> {
  return { GET: handler, HEAD: handler };
}

/** Finds and runs the handler. @throws Refusal */
export async function route(exchange: Exchange, state: StandInState): Promise<void> {
  const path = exchange.url.pathname;
  const method = exchange.req.method ?? '';
  const prefix = Object.keys(named).find((one) => path.startsWith(one));
  const methods = prefix === undefined ? routes[path] : named[prefix];
  if (!methods) {
    const trimmed = path.replace(/\/+$/, '');
    if (trimmed !== path && routes[trimmed]) {
      exchange.res.writeHead(method === 'GET' ? 301 : 307, { Location: trimmed, 'Content-Length': '0' }).end();
      return;
    }
    throw Refusal.text(404, '404 page not found');
  }
  const handler = methods[method];
  if (!handler) throw Refusal.text(405, '405 method not allowed');
  await handler(exchange, state);
}
