// node tenantMain.ts ORIGIN DEVICE CLIENTS STREAMS REQUEST: clients of one device of the farm, each with so many streams that ask for the same, in a process of
// their own. Prints `reading` when all run, and `bytes` with what came in all when asked.
import { farmClient, type FarmRequest } from './farm.ts';
import { FarmStream } from './farmStream.ts';
import { until } from '../../harness/processes.ts';

const [origin = '', device = '0', clients = '1', streams = '1', requestText = '{"kind":"flat"}'] = process.argv.slice(2);
const request = JSON.parse(requestText) as FarmRequest;

const tunnels = Array.from({ length: Number(clients) }, (_, index) => farmClient(origin, Number(device), index));
await Promise.all(tunnels.map(({ supervisor }) => supervisor.connect()));
const reads = tunnels.flatMap((tunnel) => Array.from({ length: Number(streams) }, () => new FarmStream(tunnel, request)));

function say(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

process.on('message', (message) => {
  if (message !== 'memory') say('bytes', { bytes: reads.reduce((sum, { bytes }) => sum + bytes, 0) });
});

await until('the first bytes of all', () => reads.every(({ bytes }) => bytes > 0));
say('reading');
