// node farmMain.ts ORIGIN COUNT [FROM]: COUNT devices at a relay, numbered from FROM, dialled a few at a time; each serves what its clients' streams
// ask for. Prints JSON lines: `ready` when all are connected; when asked `returned`, with the time of
// the last return of each, and `live`, with how many are.
import type { Mux } from '../../../src/mux/mux.ts';
import type { MuxStream } from '../../../src/mux/muxStream.ts';
import { isLive } from '../../../src/tunnel/connectionState.ts';
import { farmDevice, machineMs, stampOf, type FarmRequest } from './farm.ts';

const [origin = '', count = '1', from = '0'] = process.argv.slice(2);
/** Dialled at once in the beginning. */
const WIDTH = 50;
const piece = new Uint8Array(16 * 1024).fill(7);
/** Written and not yet read by a flat-out stream's peer, at most. */
const AHEAD_BYTES = 256 * 1024;

const devices = Array.from({ length: Number(count) }, (_, index) => farmDevice(origin, Number(from) + index, serve));
/** When each device has come back, on the machine's clock. */
const returnedAt = new Map<number, number>();
/** How often a device was not live, after it had been. */
let cuts = 0;

function serve(mux: Mux): void {
  mux.onStream((stream) => {
    stream.onReadable(() => {
      const head = stream.read();
      if (!head) return;
      const request = JSON.parse(new TextDecoder().decode(head)) as FarmRequest;
      if (request.kind === 'flat') runFlat(stream);
      else runPaced(stream, request.everyMs, request.kind === 'steady' ? piece.slice(0, request.bytes) : undefined);
    });
  });
}

function runFlat(stream: MuxStream): void {
  const fill = (): void => {
    // The stream's own bound is soft; a writer that heeds it stops here.
    for (let written = 0; stream.isWritable && written < AHEAD_BYTES; written += piece.length) stream.write(piece);
  };
  stream.onWritable(fill);
  stream.onStopRequested(() => {
    stream.end();
  });
  fill();
}

/** @param what is written each time; a stamp unless told otherwise */
function runPaced(stream: MuxStream, everyMs: number, what?: Uint8Array): void {
  const timer = setInterval(() => {
    if (stream.isWritable) stream.write(what ?? stampOf(machineMs()));
  }, everyMs);
  const stop = (): void => {
    clearInterval(timer);
  };
  stream.onStopRequested(() => {
    stop();
    stream.end();
  });
  stream.onEnd(stop);
}

async function connectAll(): Promise<void> {
  const waiting = devices.entries();
  const worker = async (): Promise<void> => {
    for (const [index, device] of waiting) {
      await device.supervisor.connect();
      device.supervisor.onDidChange((state) => {
        if (isLive(state)) returnedAt.set(index, machineMs());
        else {
          cuts++;
          returnedAt.delete(index);
        }
      });
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}

process.on('message', (message) => {
  if (message === 'memory') return;
  const { ask } = message as { readonly ask?: string };
  if (ask === 'returned') say('returned', { at: [...returnedAt.values()] });
  if (ask === 'live') say('live', { count: devices.filter(({ supervisor }) => isLive(supervisor.state)).length, cuts });
});

function say(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

await connectAll();
say('ready');
