/** How a relay of this computer's own is run in a terminal. It listens on loopback alone and is made for one run. */
export interface RelayLaunch {
  /** Where it will listen: `http://127.0.0.1:8787`, or the next free port. */
  readonly origin: string;
  /** What this run takes devices in for. */
  readonly invite: string;
  readonly program: string;
  readonly args: readonly string[];
  /** All that its process may see: nothing of a workspace's or a shell's reaches it. Holds the secret of this run. */
  readonly environment: Readonly<Record<string, string>>;
}
