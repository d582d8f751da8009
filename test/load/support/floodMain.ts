// node floodMain.ts KIND PORT OPTIONS: somebody who means a relay ill, in a process of its own, so that who measures is not held up. KIND is a key of `floods`;
// OPTIONS is JSON. Prints `done` as a JSON line, with what became of it.
import { connect, type Socket } from 'node:net';
import { machineMs } from './farm.ts';
import { frameFloods, slowKinds, upgradeText, type FloodOptions, type FloodReport } from './floodKinds.ts';

const [kind = '', portText = '0', optionsText = '{}'] = process.argv.slice(2);
const port = Number(portText);
const options = JSON.parse(optionsText) as FloodOptions;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One more connection, from an address of its own in 127.0.0.0/8, so that ports do not run out. */
let opened = 0;
function dial(): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.${String(1 + (opened++ % 8))}.1` });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  return socket;
}

const floods: Readonly<Record<string, () => Promise<FloodReport>>> = { links: linkFlood, slow: slowFlood, frames: frameFlood };

/** Upgrades at a steady rate from all addresses of one /24, each left open and silent. */
async function linkFlood(): Promise<FloodReport> {
  const { perSecond = 1, seconds = 1 } = options;
  const report: Record<string, number> = { refusedBySystem: 0 };
  const count = (what: string): void => {
    report[what] = (report[what] ?? 0) + 1;
  };
  const begin = machineMs();
  const all: Promise<void>[] = [];
  let number = 0;
  while (machineMs() < begin + seconds * 1000) {
    const due = Math.floor(((machineMs() - begin) / 1000) * perSecond);
    for (; number < due; number++) {
      const socket = dial();
      socket.write(upgradeText(port, `198.51.100.${String(number % 256)}`));
      let isAnswered = false;
      socket.on('data', (bytes: Buffer) => {
        if (!isAnswered) count(bytes.toString('latin1', 9, 12));
        isAnswered = true;
      });
      socket.on('error', () => {
        count('refusedBySystem');
      });
      all.push(
        new Promise((resolve) =>
          socket.once('close', () => {
            resolve();
          }),
        ),
      );
    }
    await pause(10);
  }
  const tookMs = machineMs() - begin;
  await Promise.all(all);
  return { ...report, tried: number, perSecond: (number / tookMs) * 1000 };
}

/** Sockets that hold on to a server by doing next to nothing, each kind in its way. How long each lasted, the longest of its kind, ms. */
async function slowFlood(): Promise<FloodReport> {
  const { sockets = 1, kinds = Object.keys(slowKinds) } = options;
  const longest: Record<string, number> = {};
  const all: Promise<void>[] = [];
  const begin = machineMs();
  for (let number = 0; number < sockets; number++) {
    const name = kinds[number % kinds.length] ?? '';
    const socket = dial();
    const stop = slowKinds[name]?.(socket, port) ?? (() => undefined);
    const at = machineMs();
    socket.on('data', () => undefined);
    socket.on('end', () => socket.end());
    all.push(
      new Promise((resolve) => {
        socket.once('close', () => {
          stop();
          longest[name] = Math.max(longest[name] ?? 0, machineMs() - at);
          resolve();
        });
      }),
    );
    if (number % 50 === 49) await pause(10);
  }
  const openedMs = machineMs() - begin;
  process.stdout.write(`${JSON.stringify({ event: 'open' })}\n`);
  await Promise.all(all);
  return { ...longest, openedMs };
}

/** Frames as fast as the relay takes them, on links that were accepted. How long each link lasted under them, the longest of its kind, ms. */
async function frameFlood(): Promise<FloodReport> {
  const { sockets = 1, kinds = Object.keys(frameFloods), capMs = 10_000 } = options;
  const longest: Record<string, number> = {};
  for (const name of kinds) {
    const flood = frameFloods[name];
    if (!flood) throw new Error(`no flood is called ${name}`);
    const lasted = await Promise.all(Array.from({ length: sockets }, () => floodOne(flood, capMs)));
    longest[name] = Math.max(...lasted);
  }
  return longest;
}

async function floodOne(flood: (number: number) => Buffer, capMs: number): Promise<number> {
  const socket = dial();
  socket.write(upgradeText(port, '127.0.0.1'));
  await new Promise<void>((resolve) => {
    socket.once('data', () => {
      resolve();
    });
    socket.once('close', () => {
      resolve();
    });
  });
  const begin = machineMs();
  let number = 0;
  const write = (): void => {
    while (!socket.destroyed && socket.writable) if (!socket.write(flood(number++))) return;
  };
  socket.on('drain', write);
  socket.on('data', () => undefined);
  const over = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
    socket.once('end', () => {
      resolve();
    });
    setTimeout(resolve, capMs).unref();
  });
  write();
  await over;
  const lasted = machineMs() - begin;
  socket.destroy();
  return lasted;
}

const flood = floods[kind];
if (!flood) throw new Error(`no flood is called ${kind}`);
process.stdout.write(`${JSON.stringify({ event: 'done', report: await flood() })}\n`);
