import assert from 'node:assert/strict';
import { browserName } from '../../src/web/browserName.ts';

const gecko = 'Mozilla/5.0';
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0';

describe('the name of a browser', () => {
  for (const [userAgent, name] of [
    [`${gecko} (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0`, 'Firefox on Android'],
    [`${gecko} (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/140.0.0.0`, 'Edge on Windows'],
    [`${gecko} (X11; Linux x86_64) ${chrome} Safari/537.36`, 'Chrome on Linux'],
    [`${gecko} (X11; CrOS x86_64 14541.0.0) ${chrome} Safari/537.36`, 'Chrome on ChromeOS'],
    [`${gecko} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`, 'Safari on Mac'],
    [
      `${gecko} (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1`,
      'Safari on iPhone',
    ],
    [`${gecko} (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile/15E148 Safari/604.1`, 'Chrome on iPad'],
    [`${gecko} (Linux; Android 14; SM-S918B) ${chrome} SamsungBrowser/28.0 Mobile Safari/537.36`, 'Samsung Internet on Android'],
    [`${gecko} (X11; Linux x86_64) ${chrome} Safari/537.36 OPR/122.0.0.0`, 'Opera on Linux'],
    ['curl/8.5.0', 'Browser'],
  ] as const) {
    it(`is ${name}`, () => {
      assert.equal(browserName(userAgent), name);
    });
  }
});
