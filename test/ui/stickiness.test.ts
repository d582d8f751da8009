import assert from 'node:assert/strict';
import { Stickiness } from '../../src/ui/stickiness.ts';

const at = (top: number, height = 2000, viewHeight = 500): { top: number; height: number; viewHeight: number } => ({
  top,
  height,
  viewHeight,
});

describe('stickiness', () => {
  it('follows the end until the person goes up by a pixel', () => {
    const stickiness = new Stickiness();
    stickiness.scrolled(at(1500));
    assert.equal(stickiness.isStuck, true);
    stickiness.scrolled(at(1499));
    assert.equal(stickiness.isStuck, false);
  });

  it('follows again within 48 pixels of the end, and only on the way down', () => {
    const stickiness = new Stickiness();
    stickiness.scrolled(at(1500));
    stickiness.scrolled(at(1000));
    stickiness.scrolled(at(1451));
    assert.equal(stickiness.isStuck, false);
    stickiness.scrolled(at(1452));
    assert.equal(stickiness.isStuck, true);
    stickiness.scrolled(at(1470));
    stickiness.scrolled(at(1460));
    assert.equal(stickiness.isStuck, false);
  });

  it('is not misled by content that shrinks, by a keyboard that goes or by content that grows', () => {
    const stickiness = new Stickiness();
    stickiness.scrolled(at(1500));
    stickiness.scrolled(at(1300, 1800));
    stickiness.scrolled(at(1000, 1800, 800));
    assert.equal(stickiness.isStuck, true);
    stickiness.scrolled(at(1000, 3000, 800));
    assert.equal(stickiness.isStuck, true);
  });

  it('obeys wheel and keys before anything has moved, and the button', () => {
    const stickiness = new Stickiness();
    stickiness.up();
    assert.equal(stickiness.isStuck, false);
    stickiness.stick();
    assert.equal(stickiness.isStuck, true);
  });
});
