import type { ChatPeer } from './chatPeer.ts';
import type { Generation } from './generation.ts';

/** The answers that are being written, and who asked for them. */
export class Generations {
  readonly #askedBy = new Map<Generation, string | undefined>();

  get size(): number {
    return this.#askedBy.size;
  }

  /** How many of them a client from elsewhere has asked for. */
  of(clientId: string): number {
    return [...this.#askedBy.values()].filter((id) => id === clientId).length;
  }

  /** May this peer have no other answer written now? Never so for a view on this machine. */
  isFull({ client }: ChatPeer): boolean {
    return client !== undefined && this.of(client.id) >= client.maxGenerations();
  }

  add(generation: Generation, { client }: ChatPeer): void {
    this.#askedBy.set(generation, client?.id);
  }

  delete(generation: Generation): void {
    this.#askedBy.delete(generation);
  }
}
