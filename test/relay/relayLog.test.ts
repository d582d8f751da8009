import assert from 'node:assert/strict';
import { terminalLog } from '../../src/relay/node/relayLog.ts';

describe('what a relay tells a person at a terminal', () => {
  function printed(level: 'debug' | 'info'): { readonly lines: string[]; readonly log: ReturnType<typeof terminalLog> } {
    const lines: string[] = [];
    return { lines, log: terminalLog(level, (line) => lines.push(line)) };
  }

  it('is a line each, with the time, what happened, and the fields that may be told', () => {
    const { lines, log } = printed('info');
    log.info('device admitted', { device: 'TEhIrkRZ', secret: 'never' });
    log.warn('the chat page was not built');
    log.debug('not asked for');
    assert.deepEqual(
      lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, 'TIME ')),
      ['TIME device admitted, device TEhIrkRZ\n', 'TIME warn: the chat page was not built\n'],
    );
  });

  it('moves no cursor, whatever came from outside', () => {
    const { lines, log } = printed('debug');
    log.debug('refused', { host: 'a\u001b[2J\nb' });
    assert.equal(lines[0]?.slice(9), 'debug: refused, host a�[2J�b\n');
  });
});
