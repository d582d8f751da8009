/** Headers of every answer. @param origins the relay's own, whose WebSocket addresses the page may reach */
export function securityHeaders(origins: readonly string[]): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(origins),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy':
      'camera=(self), microphone=(), geolocation=(), display-capture=(), midi=(), payment=(), usb=(), serial=(), hid=(), bluetooth=()',
    ...(origins.every((origin) => origin.startsWith('https:')) && origins.length > 0
      ? { 'Strict-Transport-Security': 'max-age=31536000' }
      : {}),
  };
}

/** Nothing but the page's own files runs or is shown, nothing but this relay is reached. Lit names its policy `lit-html`. */
export function contentSecurityPolicy(origins: readonly string[]): string {
  // 'self' covers the WebSocket address in newer browsers only (CSP3, section 6.7.2.8)
  const sockets = origins.map((origin) => origin.replace(/^http/, 'ws'));
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ["connect-src 'self'", ...sockets].join(' '),
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html c2l',
  ].join('; ');
}
