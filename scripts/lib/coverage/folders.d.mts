export const demoBundles: string;
export const coverageFolders: Readonly<Record<'node' | 'host' | 'browser', string>>;
