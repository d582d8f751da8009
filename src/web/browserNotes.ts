const SHOWN = 'c2l.computer';
const SEEN = 'c2l.seen.';

/** Which computer this browser showed last, for the next tab. It says nothing secret, and may be lost. */
export const lastShown = {
  get: (): string | undefined => read(SHOWN),
  set: (id: string): void => {
    write(SHOWN, id);
  },
};

/** When this browser last found a computer there, wall clock in ms. It may be lost. */
export const lastSeen = {
  get(id: string): number | undefined {
    const at = Number(read(SEEN + id) ?? Number.NaN);
    return Number.isSafeInteger(at) && at > 0 ? at : undefined;
  },
  set(id: string, at: number): void {
    write(SEEN + id, String(at));
  },
  forget(id: string): void {
    write(SEEN + id, undefined);
  },
};

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined; // storage is forbidden here
  }
}

function write(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // forbidden or full: the next page knows less
  }
}
