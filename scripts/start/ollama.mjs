/** Time for one look, ms. */
const PROBE_MS = 1500;

/**
 * An Ollama with models: `OLLAMA_HOST`, then this machine.
 * @returns {Promise<{ url: string, version: string, models: number } | undefined>}
 */
export async function findOllama(environment = process.env.OLLAMA_HOST) {
  const candidates = environment ? [addressOf(environment)] : ['http://127.0.0.1:11434', 'http://[::1]:11434'];
  for (const url of candidates) {
    const version = await get(`${url}/api/version`);
    const tags = await get(`${url}/api/tags`);
    if (typeof version?.version === 'string' && Array.isArray(tags?.models) && tags.models.length > 0)
      return { url, version: version.version, models: tags.models.length };
  }
  return undefined;
}

/** A look only: the agent itself reads OLLAMA_HOST by Ollama's full rules. */
function addressOf(text) {
  const trimmed = text.trim();
  if (/^https?:\/\//.test(trimmed)) return trimmed.replace(/\/+$/, '');
  const host = trimmed.replace(/^:/, '127.0.0.1:').replace(/^0\.0\.0\.0/, '127.0.0.1');
  return `http://${/:\d+$/.test(host) ? host : `${host}:11434`}`;
}

async function get(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS), redirect: 'error' });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
