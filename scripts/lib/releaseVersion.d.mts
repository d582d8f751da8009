export function readVersions(root: string): readonly { readonly file: string; readonly version: string | undefined }[];
export function writeVersion(root: string, version: string, date?: string): void;
