import { MemoryStore } from '../fakes/memoryStore.ts';
import { storeConformance } from './storeConformance.ts';

storeConformance('memory', () => {
  const store = new MemoryStore();
  return {
    store,
    reopen: () => store,
    cleanUp: () => {
      store.dispose();
    },
  };
});
