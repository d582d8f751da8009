export function figureFaults(markdown: string, read: (target: string) => string | undefined, isStrict: boolean): string[];
