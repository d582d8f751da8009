import type { Random } from '../base/random.ts';
import { ChatStreamingService } from '../conversation/chatStreamingService.ts';
import type { StreamingService } from '../protocol/status.ts';
import type { ClientTunnel } from '../tunnel/clientTunnel.ts';
import { TunnelChatPort } from '../tunnel/tunnelChatPort.ts';

/** `StreamingService` for a client of a device: the far end of the tunnel answers. The tunnel belongs to whoever made it. */
export function tunnelStreamingService(tunnel: ClientTunnel, random: Random): StreamingService {
  return new ChatStreamingService({
    openPort: () => {
      tunnel.supervisor.start();
      return new TunnelChatPort(tunnel);
    },
    random,
  });
}
