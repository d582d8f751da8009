import type { SimLine } from './simNetwork.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimWorld } from './simWorld.ts';

/** An end of the world that can be killed and made anew. */
export interface Restartable {
  /** Undefined while it is away. */
  process(): SimProcess | undefined;
  /** @param quietly its machine lost the power: no line is told */
  kill(quietly: boolean): void;
  start(): void;
}

export interface FaultTargets {
  readonly device: Restartable & { /** Ends it as a program that is closed. */ quit(): void };
  readonly clients: readonly (Restartable & {
    /** A tab goes behind others, or comes to the front. */ setVisible(visible: boolean): void;
  })[];
}

type Fault = (world: SimWorld, targets: FaultTargets) => void;

/** What can befall the world, each as often as it stands here. */
const faults: readonly (readonly [string, number, Fault])[] = [
  ['cut', 5, onLine(cut)],
  ['cut at one side', 3, onLine(cutOneSide)],
  ['black hole', 2, onLine(blackHole)],
  ['stall', 4, onLine(stall)],
  ['relay killed', 2, killRelay],
  ['relay drained', 1, drainRelay],
  [
    'relay stands still',
    1,
    (world) => {
      sleep(world, world.network.relay?.process, 12_000);
    },
  ],
  ['device killed', 2, killDevice],
  ['device quits', 1, quitDevice],
  [
    'device sleeps',
    2,
    (world, { device }) => {
      sleep(world, device.process(), 30_000);
    },
  ],
  [
    'device offline',
    1,
    (world, { device }) => {
      goOffline(world, device.process());
    },
  ],
  [
    'client sleeps',
    2,
    (world, { clients }) => {
      sleep(world, world.pick(clients)?.process(), 30_000);
    },
  ],
  [
    'client offline',
    2,
    (world, { clients }) => {
      goOffline(world, world.pick(clients)?.process());
    },
  ],
  ['client reloads', 3, reload],
  ['client hidden', 1, hide],
];

/** What hurts most in the moment when something has just been asked or answered. */
const strikes: readonly (readonly [string, number, Fault])[] = [
  ['cut', 3, onLine(cut)],
  ['black hole', 1, onLine(blackHole)],
  ['relay killed', 2, killRelay],
  ['device killed', 3, killDevice],
  ['client reloads', 1, reload],
];

/** Does one fault now. */
export function doFault(world: SimWorld, targets: FaultTargets): void {
  doOneOf(faults, world, targets);
}

export function strike(world: SimWorld, targets: FaultTargets): void {
  doOneOf(strikes, world, targets);
}

function doOneOf(choice: readonly (readonly [string, number, Fault])[], world: SimWorld, targets: FaultTargets): void {
  let left = world.chance.int(choice.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [name, weight, fault] of choice) {
    left -= weight;
    if (left >= 0) continue;
    world.countFault(name);
    fault(world, targets);
    return;
  }
}

function onLine(fault: (world: SimWorld, line: SimLine) => void): Fault {
  return (world) => {
    const line = world.pick(world.network.live);
    if (line) fault(world, line);
  };
}

function cut({ network }: SimWorld, line: SimLine): void {
  network.cut(line);
}

function cutOneSide({ network, chance }: SimWorld, line: SimLine): void {
  network.cutOneSide(line, chance.float() < 0.5 ? 'near' : 'far');
}

function blackHole({ network }: SimWorld, line: SimLine): void {
  network.blackHole(line);
}

function stall(world: SimWorld, line: SimLine): void {
  const ends = world.pick([['near'], ['far'], ['near', 'far']] as const) ?? [];
  world.network.stall(line, ends, world.between(50, 20_000));
}

function hide(world: SimWorld, { clients }: FaultTargets): void {
  const client = world.pick(clients);
  client?.setVisible(false);
  world.in(world.between(500, 20_000), () => {
    client?.setVisible(true);
  });
}

function awayMs(world: SimWorld): number {
  return world.between(50, 8_000);
}

function killRelay(world: SimWorld): void {
  world.killRelay(world.chance.float() < 0.2);
  world.in(awayMs(world), () => {
    world.startRelay();
  });
}

function drainRelay(world: SimWorld): void {
  const relay = world.network.relay;
  if (!relay) return;
  void relay.core.drain();
  world.in(world.between(1_000, 2_000), () => {
    if (world.network.relay === relay) world.killRelay(false);
    world.startRelay();
  });
}

function killDevice(world: SimWorld, { device }: FaultTargets): void {
  if (!device.process()) return;
  device.kill(world.chance.float() < 0.2);
  world.in(awayMs(world), () => {
    device.start();
  });
}

function quitDevice(world: SimWorld, { device }: FaultTargets): void {
  if (!device.process() || device.process()?.isAsleep) return;
  device.quit();
  world.in(awayMs(world), () => {
    device.start();
  });
}

function reload(world: SimWorld, { clients }: FaultTargets): void {
  const client = world.pick(clients);
  if (!client?.process() || client.process()?.isAsleep) return;
  client.kill(false);
  world.in(world.between(20, 1_500), () => {
    client.start();
  });
}

function sleep(world: SimWorld, process: SimProcess | undefined, mostMs: number): void {
  process?.sleep({ ms: world.between(500, mostMs), monotonicGoesOn: world.chance.float() < 0.5 });
}

function goOffline(world: SimWorld, process: SimProcess | undefined): void {
  if (!process || process.isOffline) return;
  process.isOffline = true;
  world.network.dropAll(process, world.chance.float() < 0.6);
  world.in(world.between(200, 20_000), () => {
    process.isOffline = false;
  });
}
