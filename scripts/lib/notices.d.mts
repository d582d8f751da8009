interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>>;
}

/** Folders of the packages that went into bundles, in order of their names, from the root of the repository. */
export function bundledPackages(metafiles: readonly Metafile[]): string[];

/** What their licences ask to go along with the packages. @throws for a package without the text of its licence */
export function noticesText(root: string, folders: readonly string[]): string;
