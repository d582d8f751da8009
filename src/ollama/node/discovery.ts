import type { OllamaStatus } from '../../protocol/status.ts';
import { PING_TIMEOUT_MS, type OllamaEyes, type OllamaFinding } from '../healthMonitor.ts';
import { addressUrl, isLoopbackAddress, type OllamaAddress, type OllamaCandidate } from '../host.ts';
import { classifyProbe, OLLAMA_GREETING, readVersion, type ProbeAnswer, type ProbeVerdict } from '../probe.ts';
import type { OllamaHttp } from './ollamaHttp.ts';

/** One GET of a probe, ms. */
const PROBE_TIMEOUT_MS = 2_000;

export interface DiscoveryOptions {
  readonly http: OllamaHttp;
  /** Where to look; asked at each look, for settings change. */
  readonly candidates: () => readonly OllamaCandidate[];
  readonly hasBinary: () => Promise<boolean>;
}

interface Probed extends OllamaFinding {
  readonly wasRefused: boolean;
}

/** Looks for Ollama on the network. The first candidate that answers properly counts; when none does, the first tells why. */
export class OllamaDiscovery implements OllamaEyes {
  readonly #options: DiscoveryOptions;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  async look(signal: AbortSignal): Promise<OllamaFinding> {
    let first: Probed | undefined;
    let before: Probed | undefined;
    for (const { address, onlyIfRefused } of this.#options.candidates()) {
      if (onlyIfRefused && before?.wasRefused === false) continue;
      before = await this.#probe(address, signal);
      if (before.status.state === 'ok' || before.status.state === 'noModels') return before;
      first ??= before;
      if (signal.aborted) break;
    }
    // no candidate at all: the setting is no address
    return first ?? { status: { state: 'wrongHost' }, address: undefined };
  }

  async ping(address: OllamaAddress, signal: AbortSignal): Promise<string | undefined> {
    return readVersion(await this.#options.http.get(address, '/api/version', { timeoutMs: PING_TIMEOUT_MS, signal }));
  }

  async #probe(address: OllamaAddress, signal: AbortSignal): Promise<Probed> {
    const get = (path: string): Promise<ProbeAnswer> => this.#options.http.get(address, path, { timeoutMs: PROBE_TIMEOUT_MS, signal });
    const root = await get('/');
    const wasRefused = root.kind === 'failure' && root.failure === 'refused';
    const isLoopback = isLoopbackAddress(address);
    const isOllama = root.kind === 'answer' && root.body === OLLAMA_GREETING;
    const version = isOllama ? await get('/api/version') : undefined;
    const verdict = classifyProbe({
      scheme: address.scheme,
      isLoopback,
      hasBinary: wasRefused && isLoopback && (await this.#options.hasBinary()),
      root,
      ...(version ? { version, tags: await get('/api/tags') } : {}),
    });
    return { status: toStatus(verdict, addressUrl(address)), address, wasRefused };
  }
}

function toStatus(verdict: ProbeVerdict, url: string): OllamaStatus {
  return { ...verdict, url };
}
