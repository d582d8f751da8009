export function packedDocument(markdown: string, file: string, packed: readonly string[]): string;
export function stagePackage(folder: string): void;
