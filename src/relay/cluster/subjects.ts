import type { HashKey } from '../bus.ts';

/** Version of what nodes say to each other: nodes of two versions do not hear each other, and each serves its own links alone. */
const prefix = 'c2l1';

/** Where a node hears what is meant for it. */
export interface NodeSubjects {
  /** Frames of circuits. */
  readonly circuits: string;
  /** That nobody listened: all that {@link subjects.unheardBy} makes. */
  readonly unheard: string;
  /** Answers to dials: all that {@link subjects.answerTo} makes. */
  readonly answers: string;
}

/** Names of what the nodes of a relay say. In them stand hashes and the random names of nodes, nothing else. */
export const subjects = {
  /** Held by each node that serves the hash; a dial is a question here. */
  held: (hash: HashKey): string => `${prefix}.h.${hash}`,
  /** Somebody begins to serve the hash. */
  wake: (hash: HashKey): string => `${prefix}.w.${hash}`,
  /** A device's link is at one node. */
  claim: (device: HashKey): string => `${prefix}.k.${device}`,
  /** A node is there, or there again. */
  arrivals: `${prefix}.up`,
  ofNode: (node: string): NodeSubjects => ({
    circuits: `${prefix}.n.${node}.d`,
    unheard: `${prefix}.n.${node}.x.*`,
    answers: `${prefix}.n.${node}.a.*`,
  }),
  answerTo: (node: string, question: number): string => `${prefix}.n.${node}.a.${String(question)}`,
  /** @param number of the circuit that was asked for; 0: what was said to the node as such */
  unheardBy: (node: string, peer: string, number: number): string => `${prefix}.n.${node}.x.${peer}-${String(number)}`,
};

/** The last part of a subject. */
export function lastPart(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
