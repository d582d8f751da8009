/** JSON as Go's encoder writes it: `<`, `>`, `&` and the line separators escaped, lone surrogates replaced. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replace(/\p{Surrogate}/gu, '\ufffd') : item,
  );
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** RFC 3339 with nanoseconds, which here count the calls. */
export class GoTime {
  #count = 0;

  format(wallClockMs: number): string {
    this.#count = (this.#count + 1) % 1_000_000;
    return new Date(wallClockMs).toISOString().replace('Z', `${String(this.#count).padStart(6, '0')}Z`);
  }
}
