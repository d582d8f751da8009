import type { ErrorCode } from '../protocol/errors.ts';
import type { LinkRole } from '../protocol/linkFrames.ts';

/** What became of an upgrade: accepted, each refusal of `node/upgrade.ts`, or `badHandshake` where the WebSocket itself was malformed. */
export const upgradeOutcomes = [
  ...(['accepted', 'badHandshake', 'badRequest', 'foreignHost', 'foreignOrigin', 'relayBusy', 'relayDraining'] as const),
  ...(['relayNotFound', 'relayVersion', 'websocketVersion'] as const),
] as const;
export type UpgradeOutcome = (typeof upgradeOutcomes)[number];

/** What became of a device's link before it was admitted: each has exactly one. `relayBusy`: too many by one invite. The last four ended before the judgement. */
export const registrationOutcomes = [
  ...(['accepted', 'inviteRequired', 'inviteRefused', 'inviteExpired', 'proofRefused', 'duplicateDevice', 'replaced'] as const),
  ...(['relayBusy', 'relayProtocol', 'relaySilent', 'relayDraining', 'closed'] as const),
] as const;
export type RegistrationOutcome = (typeof registrationOutcomes)[number];

/** Who asked for a device: a client by DIAL, or the relay itself after a circuit of that client had ended. */
export const diallers = ['client', 'relay'] as const;
export type Dialler = (typeof diallers)[number];

/** `joined`; `busy`: refused at a limit; `abandoned`: the client left, or dialled something else, before there was a circuit. */
export const dialOutcomes = ['joined', 'busy', 'abandoned'] as const;
export type DialOutcome = (typeof dialOutcomes)[number];

/**
 * Why a link ended. `gone`: the other end closed it, or the line was lost. `slow`: it did not take what was sent. `unread`: it was left unread
 * for too long. `shed`: the relay held too much, this link the most. `heartbeat`: no answer. `firstFrame`: it never spoke. `drained`: this relay
 * goes. `replaced`, `duplicate`: by or of another link of the device. `refused`: invite or proof. `busy`: a limit. `protocol`: it sent what may
 * not be. `fault`: a bug of ours. `stopped`: the relay was ended at once.
 */
export const linkCuts = [
  ...(['gone', 'slow', 'unread', 'shed', 'heartbeat', 'firstFrame', 'drained', 'replaced', 'duplicate', 'refused', 'busy'] as const),
  ...(['protocol', 'fault', 'stopped'] as const),
] as const;
export type LinkCut = (typeof linkCuts)[number];

/** Who ended a circuit: the client or its link, the device by LEAVE, the end of the device's link, or this relay because too much waited in it. */
export const circuitEnders = ['client', 'device', 'deviceLink', 'shed'] as const;
export type CircuitEnder = (typeof circuitEnders)[number];

/**
 * Why a circuit between two nodes was cut: `slow`: too much was under way; `lost`: something of it did not arrive; `nodeGone`: the other node is;
 * `away`: what joins the nodes cannot be reached.
 */
export const busCuts = ['slow', 'lost', 'nodeGone', 'away'] as const;
export type BusCut = (typeof busCuts)[number];

/**
 * What the relay says of what it does, where it happens. Called on every frame: an implementation counts and returns, allocates nothing
 * and never throws. All it is told has a closed set of values: no id, no address, no content.
 */
export interface RelayMeter {
  upgraded(outcome: UpgradeOutcome): void;
  linkOpened(role: LinkRole): void;
  linkEnded(role: LinkRole, cut: LinkCut): void;
  registered(outcome: RegistrationOutcome): void;
  dialBegan(by: Dialler): void;
  /** The client was told WAITING: nobody serves what it dialled. At most once a dial. */
  dialWaited(): void;
  dialEnded(outcome: DialOutcome): void;
  circuitOpened(): void;
  circuitEnded(by: CircuitEnder): void;
  /** One link frame came in. @param bytes of the message */
  received(role: LinkRole, bytes: number): void;
  /** One link frame was handed to the socket. */
  sent(role: LinkRole, bytes: number): void;
  /** From JOINED to the first record toward the client. */
  firstRecordAfter(ms: number): void;
  /** Between two records toward the client of one circuit. */
  recordGap(ms: number): void;
  busCut(reason: BusCut): void;
  /** What joins the nodes could no longer be reached. */
  busLost(): void;
}

const ignore = (): void => undefined;

/** Counts nothing. */
export const silentMeter: RelayMeter = {
  upgraded: ignore,
  linkOpened: ignore,
  linkEnded: ignore,
  registered: ignore,
  dialBegan: ignore,
  dialWaited: ignore,
  dialEnded: ignore,
  circuitOpened: ignore,
  circuitEnded: ignore,
  received: ignore,
  sent: ignore,
  firstRecordAfter: ignore,
  recordGap: ignore,
  busCut: ignore,
  busLost: ignore,
};

/** How a link's end is counted whose cause is nothing but its code. */
export function cutOf(code: ErrorCode): LinkCut {
  switch (code) {
    case 'closed':
      return 'gone';
    case 'slowReader':
      return 'slow';
    case 'relaySilent':
      return 'heartbeat';
    case 'relayDraining':
      return 'drained';
    case 'replaced':
      return 'replaced';
    case 'duplicateDevice':
      return 'duplicate';
    case 'inviteRequired':
    case 'inviteRefused':
    case 'inviteExpired':
    case 'proofRefused':
      return 'refused';
    case 'relayBusy':
      return 'busy';
    case 'relayProtocol':
      return 'protocol';
    default:
      return 'fault';
  }
}
