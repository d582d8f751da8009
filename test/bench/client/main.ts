// A client of the benchmark, as a process: asks as it is told, measures, and holds every answer to account.
import type { ChatPort } from '../../../src/protocol/chatPort.ts';
import { nullLogger } from '../../../src/base/log.ts';
import { StatusBus } from '../../../src/status/statusEventBus.ts';
import { TunnelChatPort } from '../../../src/tunnel/tunnelChatPort.ts';
import { endWithParent, say as sayAnything } from '../lib/childEnd.ts';
import { ChatTransport } from './chatTransport.ts';
import { runFirstTokens } from './firstTokenRun.ts';
import { HttpTransport } from './httpTransport.ts';
import type { ClientWay, FromClient, RunSpec, ToClient } from './messages.ts';
import { PageTransport } from './pageTransport.ts';
import { pair, Tab } from './pairedClient.ts';
import { StreamsRun } from './streamsRun.ts';
import type { Transport } from './transport.ts';

let transport: Transport | undefined;
let giveLink: (link: string) => void = () => undefined;

function say(message: FromClient): void {
  sayAnything(message);
}

function askForLink(): Promise<string> {
  return new Promise((resolve) => {
    giveLink = resolve;
    say({ type: 'needLink' });
  });
}

function makeTransport(way: ClientWay): Transport {
  switch (way.kind) {
    case 'http':
      return new HttpTransport(way.target);
    case 'page':
      return new PageTransport(async () => await pair(await askForLink(), 'api', way.origin));
    case 'chat':
      return new ChatTransport(async () => {
        const { tunnel } = new Tab(await pair(await askForLink(), 'chat', way.origin));
        const port = new TunnelChatPort(tunnel);
        await tunnel.supervisor.connect();
        return closing(port, () => {
          port.dispose();
          tunnel.dispose();
        });
      });
    case 'panel':
      return new ChatTransport(async () => {
        // Loaded where it is needed: it opens SQLite.
        const { createNodeAgent } = await import('../../../src/agent/node/createNodeAgent.ts');
        const node = createNodeAgent({
          bus: new StatusBus(),
          log: nullLogger,
          stateFolder: way.stateFolder,
          ollama: () => ({ url: way.ollama }),
        });
        await node.agent.checkOllama();
        const port = node.agent.createChatPort();
        port.send({ type: 'hello', version: 1, oldest: 1 });
        return closing(port, () => {
          port.dispose();
          node.dispose();
        });
      });
  }
}

function closing(port: ChatPort, close: () => void): ChatPort & { close(): void } {
  return Object.assign(port, { close });
}

async function run(spec: RunSpec, limitMs: number): Promise<void> {
  if (!transport) throw new Error('no way was told');
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort();
  }, limitMs);
  try {
    if (spec.kind === 'firstToken') await runFirstTokens(transport, spec, say, limit.signal);
    else await new StreamsRun(transport, spec, say).run(limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function receive(message: ToClient): Promise<void> {
  switch (message.type) {
    case 'way':
      transport = makeTransport(message.way);
      return;
    case 'link':
      giveLink(message.link);
      return;
    case 'prepare':
      await transport?.prepare(message.streams);
      say({ type: 'prepared' });
      return;
    case 'run':
      await run(message.spec, message.limitMs);
  }
}

process.on('message', (message: ToClient) => {
  receive(message).catch((error: unknown) => {
    say({ type: 'failed', error: error instanceof Error ? error.message : String(error) });
  });
});
endWithParent(() => {
  transport?.dispose();
});
