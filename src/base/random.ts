/** Randomness as an argument. */
export interface Random {
  /** `count` bytes; from a cryptographic source in production. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1). Never used for secrets. */
  float(): number;
}

/** The runtime's cryptographic source (Web Crypto `getRandomValues`). */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  float: () => Math.random(),
};
