import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { errorCatalogue } from '../protocol/errors.ts';
import type { ClientTunnel } from '../tunnel/clientTunnel.ts';
import type { ConnectionState } from '../tunnel/connectionState.ts';
import { say } from '../ui/speech.ts';

/** Looks whether other computers are there, by a tunnel to each, until it is disposed of. */
export class Presence implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #words = new Map<string, string>();

  /** @param tunnels by the computer's id; they are ended with this @param onChange hears the words so far */
  constructor(tunnels: ReadonlyMap<string, ClientTunnel>, onChange: (words: ReadonlyMap<string, string>) => void) {
    for (const [id, tunnel] of tunnels) {
      this.#owned.add(tunnel);
      this.#words.set(id, say('Looking for it…'));
      this.#owned.add(
        tunnel.supervisor.onDidChange((state) => {
          this.#words.set(id, wordFor(state));
          onChange(this.#words);
        }),
      );
    }
    onChange(this.#words);
    for (const tunnel of tunnels.values()) tunnel.supervisor.start();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

function wordFor(state: ConnectionState): string {
  switch (state.kind) {
    case 'connected':
    case 'streaming':
      return say('Online');
    case 'error':
    case 'reconnecting':
      return state.error === 'deviceOffline' ? say('Offline') : say(errorCatalogue[state.error].short);
    case 'connecting':
      return state.error === 'deviceOffline' ? say('Offline') : say('Looking for it…');
    case 'disconnected':
      return '';
  }
}
