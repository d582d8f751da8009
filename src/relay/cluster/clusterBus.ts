import { emptyBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Random } from '../../base/random.ts';
import { BUS_DIAL_MS, BUS_GATHER_MS } from '../../protocol/limits.ts';
import type { AdmissionClaim } from '../../secure/admission.ts';
import type { Bus, BusReading, CallHandlers, Circuit, ClaimLoss, HashKey, IncomingCall, Place } from '../bus.ts';
import { laterPlace, InProcessMedium } from '../inProcessBus.ts';
import type { RelayMeter } from '../relayMeter.ts';
import { decodePlace, encodePlace } from './busFrames.ts';
import type { ClusterLine } from './clusterLine.ts';
import { DeviceClaims } from './deviceClaims.ts';
import { RemoteCircuits } from './remoteCircuits.ts';
import { SharedSubscriptions } from './sharedSubscriptions.ts';
import { lastPart, subjects } from './subjects.ts';

/** After an outage each waiting client asks anew within this time, so that they do not all ask at once. */
const WAKE_SPREAD_MS = 250;

export interface ClusterBusOptions {
  /** As from {@link newNodeName}. */
  readonly node: string;
  /** Who serves what, and who looks for whom. */
  readonly control: ClusterLine;
  /** Circuits alone, so that much of them does not delay a dial. */
  readonly data: ClusterLine;
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Pick<RelayMeter, 'busCut' | 'busLost'>;
  /** Hears what came in and made no sense, and what a handler threw. */
  readonly onError: (error: unknown) => void;
}

interface Question {
  best: Place | undefined;
  /** Ends the wait: for the first answer, then for the others. */
  due: Disposable | undefined;
  readonly finish: () => void;
}

/**
 * A node of a relay that is several. What is within this node goes no way around: its clients reach its devices whether or not the other nodes can be
 * reached. Nothing is remembered of other nodes: who serves a hash is whoever answers.
 */
export class ClusterBus implements Bus {
  readonly node: string;
  readonly #options: ClusterBusOptions;
  readonly #medium: InProcessMedium;
  readonly #own: Bus;
  readonly #circuits: RemoteCircuits;
  readonly #claims: DeviceClaims;
  readonly #held: SharedSubscriptions;
  readonly #watched: SharedSubscriptions;
  readonly #questions = new Map<number, Question>();
  readonly #owned = new DisposableStore();
  readonly #post = (task: () => void): void => {
    this.#medium.post(task);
  };
  #lastQuestion = 0;

  constructor(options: ClusterBusOptions) {
    const { node, control, data, clock, meter, onError } = options;
    this.#options = options;
    this.node = node;
    this.#medium = new InProcessMedium(clock, onError);
    this.#own = this.#owned.add(this.#medium.join(node));
    this.#held = new SharedSubscriptions(control);
    this.#watched = new SharedSubscriptions(control);
    this.#claims = new DeviceClaims({ line: control, clock, onError, post: this.#post });
    this.#circuits = this.#owned.add(new RemoteCircuits({ node, line: data, medium: this.#medium, clock, meter, onError }));
    this.#owned.add(
      control.subscribe(subjects.ofNode(node).answers, ({ subject, data: answer, isNobody }) => {
        this.#onAnswer(Number(lastPart(subject)), answer, isNobody);
      }),
    );
    this.#owned.add(
      control.subscribe(subjects.arrivals, () => {
        this.#wakeAll();
      }),
    );
    this.#owned.add(
      control.onChange((isUp) => {
        if (isUp) this.#onUp();
        else this.#onDown();
      }),
    );
    this.#owned.add(
      data.onChange((isUp) => {
        if (isUp) this.#wakeAll(); // who was found meanwhile could not be reached
      }),
    );
    if (control.isUp) this.#onUp();
  }

  get reading(): BusReading {
    const { control, data } = this.#options;
    const { circuitCount: circuits, nodeCount: nodes, pendingBytes } = this.#circuits;
    return { kind: 'nats', isUp: control.isUp && data.isUp, circuits, nodes, pendingBytes };
  }

  serve(hash: HashKey, place: Place): Disposable {
    const { control } = this.#options;
    const subscription = this.#held.add(subjects.held(hash), ({ reply }) => {
      const best = this.#medium.find(hash);
      if (best && reply !== undefined) control.publish(reply, encodePlace(best));
    });
    const served = this.#own.serve(hash, place);
    control.publish(subjects.wake(hash), emptyBytes);
    return both(served, subscription);
  }

  watch(hash: HashKey, wake: () => void): Disposable {
    const watched = this.#own.watch(hash, wake);
    const subscription = this.#watched.add(subjects.wake(hash), () => {
      this.#medium.wake(hash);
    });
    return both(watched, subscription);
  }

  dial(hash: HashKey, answer: (place: Place | undefined) => void): Disposable {
    const { control, clock } = this.#options;
    const number = ++this.#lastQuestion;
    const finish = (): void => {
      const question = this.#questions.get(number);
      if (!question) return;
      this.#forget(number);
      answer(laterPlace(this.#medium.find(hash), question.best));
    };
    if (!control.isUp) {
      this.#questions.set(number, { best: undefined, due: undefined, finish });
      this.#medium.post(finish);
    } else {
      this.#questions.set(number, { best: undefined, due: clock.after(BUS_DIAL_MS, this.#told(finish)), finish });
      control.publish(subjects.held(hash), emptyBytes, subjects.answerTo(this.node, number));
    }
    return toDisposable(() => {
      this.#forget(number);
    });
  }

  open(place: Place, hash: HashKey, handlers: CallHandlers): Circuit {
    return place.node === this.node ? this.#own.open(place, hash, handlers) : this.#circuits.open(place, hash, handlers);
  }

  listen(listener: (call: IncomingCall) => void): Disposable {
    return this.#own.listen(listener);
  }

  claim(device: HashKey, claim: AdmissionClaim, lost: (loss: ClaimLoss) => void): Disposable {
    return this.#claims.add(device, claim, lost);
  }

  /** Ends circuits with other nodes in good order and stops serving. Its lines end with it, when they have said that. */
  dispose(): void {
    for (const number of [...this.#questions.keys()]) this.#forget(number);
    this.#held.dispose();
    this.#watched.dispose();
    this.#claims.dispose();
    this.#owned.dispose();
    this.#options.control.dispose();
    this.#options.data.dispose();
  }

  #onAnswer(number: number, data: Uint8Array, isNobody: boolean): void {
    const question = this.#questions.get(number);
    if (!question) return;
    const { clock, onError } = this.#options;
    try {
      if (!isNobody) question.best = laterPlace(question.best, decodePlace(data));
    } catch (error) {
      onError(error);
      return;
    }
    if (isNobody) {
      this.#told(question.finish)();
    } else {
      question.due?.dispose();
      question.due = clock.after(BUS_GATHER_MS, this.#told(question.finish));
    }
  }

  #onUp(): void {
    this.#options.control.publish(subjects.arrivals, emptyBytes);
    this.#claims.repeat();
    this.#wakeAll();
  }

  #onDown(): void {
    this.#options.meter.busLost();
    for (const { finish } of [...this.#questions.values()]) this.#medium.post(finish);
  }

  /** A beginning may have been missed. */
  #wakeAll(): void {
    const { clock, random } = this.#options;
    const wait = this.#owned.add(
      clock.after(random.float() * WAKE_SPREAD_MS, () => {
        this.#owned.delete(wait);
        this.#medium.wake();
      }),
    );
  }

  #forget(number: number): void {
    this.#questions.get(number)?.due?.dispose();
    this.#questions.delete(number);
  }

  /** An answer's hearer must not end whoever brought the answer. */
  #told(task: () => void): () => void {
    return () => {
      this.#medium.post(task);
    };
  }
}

function both(first: Disposable, second: Disposable): Disposable {
  return toDisposable(() => {
    first.dispose();
    second.dispose();
  });
}
