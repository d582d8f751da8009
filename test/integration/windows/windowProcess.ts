// One window, without its editor: the agent as the extension assembles it, and one view. Orders come on stdin, one JSON each; what happens
// goes to stdout. C2L_STATE is the folder all windows share.
import { createInterface } from 'node:readline';
import { SharedAgent } from '../../../src/agent/node/sharedAgent.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { helloRequest, type ChatRequest } from '../../../src/protocol/chat.ts';
import { TunnelError } from '../../../src/protocol/errors.ts';
import { StatusBus } from '../../../src/status/statusEventBus.ts';

/** What a test has a window do. */
export type WindowOrder =
  | { readonly do: 'chat'; readonly request: ChatRequest }
  | { readonly do: 'relay'; readonly url: string; readonly invite?: string }
  | { readonly do: 'connect' | 'disconnect' | 'offer' | 'facts' }
  | { readonly do: 'end' };

const [name = 'a window', product] = process.argv.slice(2);
const print = (event: object): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};
const log = (level: string) => (message: string, fields?: object) =>
  process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`);
const bus = new StatusBus();
const shared = new SharedAgent({
  bus,
  clock: systemClock,
  random: systemRandom,
  log: { debug: () => undefined, info: log('info'), warn: log('warn'), error: log('error') },
  ollama: () => ({ url: process.env['C2L_OLLAMA'] }),
  face: { role: 'window', name, ...(product === undefined ? {} : { versions: { product } }) },
  onStuck: ({ words }) => {
    print({ event: 'stuckWords', words });
  },
});
bus.statusStream((status) => {
  print({ event: 'status', ...status });
});
shared.onDidChangeSeat((seat) => {
  const at = Date.now();
  if (seat.kind === 'leads') print({ event: 'seat', kind: seat.kind, at });
  else if (seat.kind === 'refused') print({ event: 'seat', kind: seat.kind, error: seat.error.code, at });
  else if (seat.kind === 'follows') print({ event: 'seat', kind: seat.kind, leader: seat.link.leader.pid, role: seat.link.role, at });
  else print({ event: 'seat', kind: seat.kind, at });
});
await shared.ready;
const { control } = shared;
control.onPairingQuestion((question) => {
  print({ event: 'request', name: question.name });
  question.answer(true);
});
control.onDidPair((clientId) => {
  print({ event: 'paired', clientId });
});
const port = shared.createChatPort();
port.onReply((reply) => {
  print({ event: 'reply', reply });
});
port.onDidChangeStatus((status) => {
  print({ event: 'line', ...status });
});
port.send(helloRequest);
createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as WindowOrder;
  carryOut(order).catch((error: unknown) => {
    print({ event: 'failed', do: order.do, error: TunnelError.from(error).code });
  });
});
print({ event: 'ready', pid: process.pid });

async function carryOut(order: WindowOrder): Promise<void> {
  switch (order.do) {
    case 'chat':
      port.send(order.request);
      break;
    case 'relay':
      await control.setRelay(order.url, order.invite);
      break;
    case 'connect':
      await control.connect();
      break;
    case 'disconnect':
      control.disconnect();
      break;
    case 'offer':
      print({ event: 'offer', ...(await control.createOffer()) });
      break;
    case 'facts':
      break;
    case 'end':
      port.dispose();
      shared.dispose();
      process.stdin.pause();
  }
  const { role, deviceId, clients, runningStreams, tunnel } = control;
  print({
    event: 'done',
    do: order.do,
    role,
    deviceId,
    online: clients.filter(({ online }) => online).length,
    runningStreams,
    state: tunnel.state,
  });
}
