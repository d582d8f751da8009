/** A browser that is already on this machine. @throws when CHROMIUM names none */
export function findChromium(): string | undefined;
/** A folder of shared libraries that this browser needs beside the system's. */
export function librariesOf(binary: string): string | undefined;
