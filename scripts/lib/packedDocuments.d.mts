export function packedDocument(
  markdown: string,
  file: string,
  packed: readonly string[],
  pictureOf: (path: string) => Uint8Array | undefined,
): string;
export function stagePackage(folder: string): void;
