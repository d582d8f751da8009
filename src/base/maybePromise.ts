/** A value that may only be there later: DH is synchronous in Node and in the simulator, asynchronous with Web Crypto. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with `value`: at once when it is there, else when it has come. */
export function whenReady<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
