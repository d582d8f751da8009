import type { DeviceStore, StoredClient } from '../../src/agent/deviceStore.ts';
import type { RelayFile } from '../../src/agent/relayChoice.ts';
import type { RelaySetting } from '../../src/protocol/agentControl.ts';

/** A device's memory without a disk. It outlives the agents that use it, as a file would. */
export class MemoryDeviceStore implements DeviceStore {
  #epoch = 0;
  #paused = false;
  readonly #clients = new Map<string, StoredClient>();

  raiseEpoch(): number {
    return ++this.#epoch;
  }

  clients(): readonly StoredClient[] {
    return [...this.#clients.values()];
  }

  saveClient(client: StoredClient): void {
    this.#clients.set(client.id, client);
  }

  removeClient(id: string): void {
    this.#clients.delete(id);
  }

  isPaused(): boolean {
    return this.#paused;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
  }
}

export function memoryRelayFile(setting?: RelaySetting): RelayFile {
  let current = setting;
  return {
    read: () => current,
    write: (next) => {
      current = next;
    },
    forget: () => {
      current = undefined;
    },
  };
}
