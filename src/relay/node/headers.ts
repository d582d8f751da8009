/** What no page of ours asks for, in words that every current browser knows: of others they warn in the console. */
const forbidden = [
  ...['accelerometer', 'display-capture', 'encrypted-media', 'geolocation', 'gyroscope', 'hid', 'idle-detection', 'local-fonts'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'publickey-credentials-get', 'serial', 'usb', 'xr-spatial-tracking'],
];
/** Pictures for a question come from the camera, copied code goes to the clipboard. */
const permissionsPolicy = ['camera=(self)', 'clipboard-write=(self)', ...forbidden.map((feature) => `${feature}=()`)].join(', ');

/** Headers of every answer. @param origins the relay's own, whose WebSocket addresses the page may reach */
export function securityHeaders(origins: readonly string[]): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(origins),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': permissionsPolicy,
    ...(origins.every((origin) => origin.startsWith('https:')) && origins.length > 0
      ? { 'Strict-Transport-Security': 'max-age=31536000' }
      : {}),
  };
}

/** Nothing but the page's own files runs or is shown, nothing but this relay is reached. Lit names its policy `lit-html`, the page's own is for its worker's address. */
export function contentSecurityPolicy(origins: readonly string[]): string {
  // 'self' covers the WebSocket address in newer browsers only (CSP3, section 6.7.2.8). There is no way to write an IPv6 address (host-source).
  const sockets = origins.filter((origin) => !origin.includes('[')).map((origin) => origin.replace(/^http/, 'ws'));
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
