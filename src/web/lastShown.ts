const KEY = 'c2l.computer';

/** Which computer this browser showed last, for the next tab. It says nothing secret, and may be lost. */
export const lastShown = {
  get(): string | undefined {
    try {
      return localStorage.getItem(KEY) ?? undefined;
    } catch {
      return undefined; // storage is forbidden here
    }
  },
  set(id: string): void {
    try {
      localStorage.setItem(KEY, id);
    } catch {
      // the next tab begins with the first one
    }
  },
};
