import type { ModelInfo } from '../protocol/chatModels.ts';
import { isCloudModelName } from '../policy/chatPolicy.ts';

/**
 * The model a new chat begins with: the one its owner has set, else the last used, else a loaded one, else the newest; never an embedding
 * model, and a cloud model only where it was set.
 */
export function suggestModel(models: readonly ModelInfo[], lastUsed: string | undefined, preferred = ''): string | undefined {
  const able = models.filter(canChat);
  const set = able.find(({ name }) => name === preferred || name === `${preferred}:latest`);
  if (set) return set.name;
  const fit = able.filter((model) => model.cloud !== true && !isCloudModelName(model.name));
  const suggested = fit.find(({ name }) => name === lastUsed) ?? fit.find(({ loaded }) => loaded === true) ?? fit[0];
  return suggested?.name;
}

/** Before its capabilities are known a model is judged by its name. */
function canChat({ name, capabilities }: ModelInfo): boolean {
  return capabilities?.includes('completion') ?? !/embed|minilm|bge-/i.test(name);
}
