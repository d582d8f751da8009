import assert from 'node:assert/strict';
import { periodOf } from '../../src/base/daysAgo.ts';

describe('periodOf', () => {
  const noon = new Date(2026, 2, 30, 12).getTime();
  const at = (...[month, day, hour = 0]: [number, number, number?]): string => periodOf(new Date(2026, month, day, hour).getTime(), noon);

  it('goes by the days of the calendar, not by hours', () => {
    assert.deepEqual([at(2, 30), at(2, 29, 23), at(2, 29), at(2, 28, 23)], ['today', 'yesterday', 'yesterday', 'week']);
    assert.deepEqual([at(2, 23), at(2, 22, 23), at(1, 28), at(1, 27)], ['week', 'month', 'month', 'older']);
  });

  it('calls today what is yet to come', () => {
    assert.equal(at(3, 2), 'today');
  });
});
