import type { BrowserContextOptions } from 'playwright-core';

/** What one page can be looked at in without being opened anew. */
export const themes = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  'forced colours': { colorScheme: 'dark', forcedColors: 'active' },
} as const;

export const sizes = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
  tablet: { viewport: { width: 768, height: 1024 }, hasTouch: true, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;

/** The contact sheet of every state in a theme, without its ending. */
export function sheetOf(theme: string): string {
  return `states-${theme.replace(' ', '-')}`;
}

/** The contact sheet of the page's states in a size and a theme, without its ending. */
export function pageSheetOf(size: string, theme: string): string {
  return `page-${size}-${theme.replace(' ', '-')}`;
}
