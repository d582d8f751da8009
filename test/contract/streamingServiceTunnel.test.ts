import assert from 'node:assert/strict';
import { tunnelStreamingService } from '../../src/agent/tunnelStreamingService.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { streamingServiceConformance } from './streamingServiceConformance.ts';

streamingServiceConformance('through relay and tunnel', async (answer) => {
  const world = new AgentWorld();
  await world.start();
  world.models.gate = 'manual';
  world.models.models = [{ name: 'm:1' }];
  world.models.answer = (request) => answer(request.messages.at(-1)?.content ?? '');
  const tunnel = await world.pairedTunnel();
  let lines = 0;
  const open = tunnel.mux.openStream.bind(tunnel.mux);
  tunnel.mux.openStream = (kind) => {
    lines++;
    return open(kind);
  };
  return {
    service: tunnelStreamingService(tunnel, world.random),
    models: world.models,
    linesOpened: () => lines,
    async until(condition) {
      for (let n = 0; n < 1000 && !condition(); n++) await world.clock.advance(1);
      assert.ok(condition(), 'it did not come to pass');
    },
    cleanUp() {
      tunnel.dispose();
      world.dispose();
      assert.equal(world.clock.pendingTimers, 0);
    },
  };
});
