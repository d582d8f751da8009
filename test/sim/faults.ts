import type { SimLine, RelayNode } from './simNetwork.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimWorld } from './simWorld.ts';

/** An end of the world that can be killed and made anew. */
export interface Restartable {
  /** Undefined while it is away. */
  process(): SimProcess | undefined;
  /** @param quietly its machine lost the power: no line is told */
  kill(quietly: boolean): void;
  start(): void;
  /** What its platform calls when the network has changed, or is there again. */
  wake(): void;
  /** Somebody presses *Reconnect Now*: a new link, while the old one may still be there. */
  reconnect(): void;
}

export interface FaultTargets {
  readonly device: Restartable & { /** Ends it as a program that is closed. */ quit(): void };
  readonly clients: readonly (Restartable & {
    /** A tab goes behind others, or comes to the front. */ setVisible(visible: boolean): void;
  })[];
}

type Fault = (world: SimWorld, targets: FaultTargets) => void;
/** Name, how often it comes among the others, and what it does. */
type Choice = readonly (readonly [string, number, Fault])[];

/** What can befall the world. */
const faults: Choice = [
  ['cut', 6, onLine(cut)],
  ['half-open: one side hears of the end', 5, onLine(cutOneSide)],
  ['black hole', 3, onLine(blackHole)],
  ['black hole one way', 2, onLine(blackHoleOneWay)],
  ['stall', 4, onLine(stall)],
  ['slow reader', 2, onLine(slow)],
  ['relay killed', 3, killRelay],
  ['relay loses its power', 1, loseRelay],
  ['relay drained', 2, drainRelay],
  ['relay stands still', 1, onNode(standStill)],
  ['bus loses messages', 3, loseOnBus],
  ['node cut off from the bus', 2, onNode(cutOffBus)],
  ['device killed', 3, killDevice],
  ['device killed while it dials', 2, killMidDial],
  ['device quits', 1, quitDevice],
  ['device sleeps', 2, onDevice(sleep)],
  ['device’s event loop stalls', 2, onDevice(stallLoop)],
  ['device’s clock jumps', 1, onDevice(jumpClock)],
  ['device offline', 2, onDevice(goOffline)],
  ['device changes network', 1, onDevice(changeNetwork)],
  ['device: a stale link and a new one', 2, onDevice(twoLinks)],
  ['client sleeps', 2, onClient(sleep)],
  ['client’s event loop stalls', 1, onClient(stallLoop)],
  ['client’s clock jumps', 1, onClient(jumpClock)],
  ['client offline', 2, onClient(goOffline)],
  ['client changes network', 2, onClient(changeNetwork)],
  ['client: a stale link and a new one', 3, onClient(twoLinks)],
  ['client reloads', 3, reload],
  ['client hidden', 1, hide],
];

/** What hurts most in the moment when something has just been asked or answered. */
const strikes: Choice = [
  ['cut', 3, onLine(cut)],
  ['black hole', 1, onLine(blackHole)],
  ['relay killed', 2, killRelay],
  ['device killed', 3, killDevice],
  ['client: a stale link and a new one', 2, onClient(twoLinks)],
  ['client reloads', 1, reload],
];

/** Does one fault now. */
export function doFault(world: SimWorld, targets: FaultTargets): void {
  doOneOf(faults, world, targets);
}

export function strike(world: SimWorld, targets: FaultTargets): void {
  doOneOf(strikes, world, targets);
}

/** The lid is closed for long: a minute to four hours. Returns for how long, ms. */
export function sleepLong(world: SimWorld, process: SimProcess | undefined): number {
  const ms = Math.round(60_000 * 240 ** world.chance.float());
  if (process?.isAlive !== true || process.isAsleep) return 0;
  process.sleep({ ms, monotonicGoesOn: world.chance.float() < 0.5 });
  world.healAfter(ms);
  return ms;
}

function doOneOf(choice: Choice, world: SimWorld, targets: FaultTargets): void {
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

function onNode(fault: (world: SimWorld, node: RelayNode) => void): Fault {
  return (world) => {
    const node = world.pick(world.network.liveNodes);
    if (node) fault(world, node);
  };
}

/** Befalls one that is there and awake. */
function onOne(
  world: SimWorld,
  one: Restartable | undefined,
  fault: (world: SimWorld, process: SimProcess, one: Restartable) => void,
): void {
  const process = one?.process();
  if (one && process && !process.isAsleep) fault(world, process, one);
}

function onDevice(fault: (world: SimWorld, process: SimProcess, device: Restartable) => void): Fault {
  return (world, { device }) => {
    onOne(world, device, fault);
  };
}

function onClient(fault: (world: SimWorld, process: SimProcess, client: Restartable) => void): Fault {
  return (world, { clients }) => {
    onOne(world, world.pick(clients), fault);
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

function blackHoleOneWay({ network, chance }: SimWorld, line: SimLine): void {
  network.blackHoleOneWay(line, chance.float() < 0.5 ? 'near' : 'far');
}

function stall(world: SimWorld, line: SimLine): void {
  const ends = world.pick([['near'], ['far'], ['near', 'far']] as const) ?? [];
  const ms = world.between(50, 20_000);
  world.network.stall(line, ends, ms);
  world.healAfter(ms);
}

function slow(world: SimWorld, line: SimLine): void {
  const ms = world.between(1_000, 20_000);
  world.network.slow(line, world.chance.float() < 0.5 ? 'near' : 'far', world.between(20, 1_500), ms);
  world.healAfter(ms);
}

function hide(world: SimWorld, { clients }: FaultTargets): void {
  const client = world.pick(clients);
  client?.setVisible(false);
  world.healAfter(world.between(500, 20_000), () => {
    client?.setVisible(true);
  });
}

function awayMs(world: SimWorld): number {
  return world.between(50, 8_000);
}

function killRelay(world: SimWorld): void {
  endNode(world, world.pick(world.network.liveNodes), false);
}

function loseRelay(world: SimWorld): void {
  endNode(world, world.pick(world.network.liveNodes), true);
}

function endNode(world: SimWorld, node: RelayNode | undefined, quietly: boolean): void {
  if (!node) return;
  const place = world.network.nodes.indexOf(node);
  world.killRelay(node, quietly);
  world.healAfter(awayMs(world), () => {
    world.startRelay(place);
  });
}

function drainRelay(world: SimWorld): void {
  const node = world.pick(world.network.liveNodes);
  if (!node) return;
  const place = world.network.nodes.indexOf(node);
  node.process.deliver(() => {
    void node.core.drain();
  });
  world.healAfter(world.between(1_000, 2_000), () => {
    world.killRelay(node, false);
    world.startRelay(place);
  });
}

function standStill(world: SimWorld, { process }: RelayNode): void {
  const ms = world.between(500, 12_000);
  process.sleep({ ms, monotonicGoesOn: world.chance.float() < 0.7 });
  world.healAfter(ms);
}

function loseOnBus(world: SimWorld): void {
  const { medium } = world;
  if (!medium) return;
  medium.lossPercent = world.pick([2, 10, 50, 100]) ?? 0;
  world.healAfter(world.between(100, 6_000), () => {
    medium.lossPercent = 0;
  });
}

function cutOffBus(world: SimWorld, { bus }: RelayNode): void {
  if (!world.medium) return;
  world.medium.lost++; // whatever was under way to it
  bus.cutOff();
  world.healAfter(world.between(200, 10_000), () => {
    bus.heal();
  });
}

function killDevice(world: SimWorld, { device }: FaultTargets): void {
  if (!device.process()) return;
  device.kill(world.chance.float() < 0.2);
  world.healAfter(awayMs(world), () => {
    device.start();
  });
}

function quitDevice(world: SimWorld, { device }: FaultTargets): void {
  if (!device.process() || device.process()?.isAsleep) return;
  device.quit();
  world.healAfter(awayMs(world), () => {
    device.start();
  });
}

function reload(world: SimWorld, { clients }: FaultTargets): void {
  const client = world.pick(clients);
  if (!client?.process() || client.process()?.isAsleep) return;
  client.kill(false);
  world.healAfter(world.between(20, 1_500), () => {
    client.start();
  });
}

/** Half a second to half a minute; what is longer is a matter of its own: {@link sleepLong}. */
function sleep(world: SimWorld, process: SimProcess): void {
  const ms = world.between(500, 30_000);
  process.sleep({ ms, monotonicGoesOn: world.chance.float() < 0.5 });
  world.healAfter(ms);
}

/** Something else in this process does not let go: all clocks go on, nothing else does. */
function stallLoop(world: SimWorld, process: SimProcess): void {
  const ms = world.between(300, 15_000);
  process.sleep({ ms, monotonicGoesOn: true });
  world.healAfter(ms);
}

function jumpClock(world: SimWorld, process: SimProcess): void {
  const most = world.pick([2_000, 60_000, 3_600_000, 86_400_000]) ?? 0;
  process.jumpClock(world.between(-most, most));
}

function goOffline(world: SimWorld, process: SimProcess, one: Restartable): void {
  if (process.isOffline) return;
  process.isOffline = true;
  world.network.dropAll(process, world.chance.float() < 0.6);
  world.healAfter(world.between(200, 20_000), () => {
    process.isOffline = false;
    // Not every platform says that the network is there again.
    if (world.chance.float() < 0.7)
      process.deliver(() => {
        one.wake();
      });
  });
}

/** Another address: what it sent and what was sent to it goes nowhere, and the platform says so. */
function changeNetwork(world: SimWorld, process: SimProcess, one: Restartable): void {
  world.network.dropAll(process, true);
  one.wake();
}

/** The old link is held up with what it carries, and arrives behind the first things of the new one; and so perhaps does that, or a third. */
function twoLinks(world: SimWorld, process: SimProcess, one: Restartable): void {
  holdUp(world, process);
  one.reconnect();
  if (world.chance.float() < 0.5) return;
  world.healAfter(world.between(3, world.chance.float() < 0.7 ? 60 : 400), () => {
    process.deliver(() => {
      if (one.process() === process) twoLinks(world, process, one);
    });
  });
}

function holdUp(world: SimWorld, process: SimProcess): void {
  const ms = world.between(100, 15_000);
  for (const line of world.network.live) if (line.near.process === process) world.network.stall(line, ['near', 'far'], ms);
  world.healAfter(ms);
}

/** Its REGISTER may come to the relay behind that of the next process. */
function killMidDial(world: SimWorld, { device }: FaultTargets): void {
  const process = device.process();
  if (!process || process.isAsleep) return;
  device.reconnect();
  world.healAfter(world.between(3, world.chance.float() < 0.7 ? 60 : 300), () => {
    if (device.process() !== process || process.isAsleep) return;
    holdUp(world, process);
    device.kill(false);
    world.healAfter(world.between(20, 400), () => {
      device.start();
    });
  });
}
