import assert from 'node:assert/strict';
import { RelayChoice } from '../../src/agent/relayChoice.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { memoryRelayFile } from '../fakes/memoryDeviceStore.ts';

describe('the choice of a relay', () => {
  it('is remembered, with its invite, as one that was reached once it was', () => {
    const file = memoryRelayFile();
    const choice = new RelayChoice(file);
    assert.equal(choice.current, undefined);
    choice.noteReached();
    assert.equal(choice.current, undefined, 'there is nothing to reach');
    choice.choose('https://relay.example/', 'anna.1.x');
    assert.deepEqual(file.read(), { origin: 'https://relay.example', invite: 'anna.1.x' });
    choice.noteReached();
    assert.deepEqual(new RelayChoice(file).current, { origin: 'https://relay.example', invite: 'anna.1.x', isKnown: true });
  });

  it('stays one that was reached under another invite, and is not under another address', () => {
    const choice = new RelayChoice(memoryRelayFile({ origin: 'https://relay.example', isKnown: true }));
    choice.choose('https://relay.example', 'anna.1.x');
    assert.equal(choice.current?.isKnown, true);
    choice.choose('https://other.example');
    assert.deepEqual(choice.current, { origin: 'https://other.example' });
  });

  it('is not taken when it cannot be kept, but a relay that was reached was', () => {
    const file = memoryRelayFile({ origin: 'https://relay.example' });
    const full = () => {
      throw new TunnelError('storeFailed');
    };
    const choice = new RelayChoice({ ...file, write: full });
    assert.throws(() => {
      choice.choose('https://other.example');
    }, /storeFailed/);
    choice.noteReached();
    assert.deepEqual(choice.current, { origin: 'https://relay.example', isKnown: true });
  });
});
