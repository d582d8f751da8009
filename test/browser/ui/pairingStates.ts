import type { ErrorCode } from '../../../src/protocol/errors.ts';
import { failureWords, type PairingState } from '../../../src/web/pairingState.ts';
import type { ChatState, DemoPage } from './demoPage.ts';

const words = ['orbit', 'lemon', 'canvas', 'tribe', 'umbrella', 'zebra'];

/** The page while it has no computer yet. */
function pairing(name: string, state: PairingState, heading: string): ChatState {
  return {
    name,
    async enter(demo) {
      await demo.page.evaluate((is) => {
        window.demo.pair(is);
      }, state);
      await demo.page.getByRole('heading', { level: 1, name: heading }).waitFor();
    },
  };
}

function failed(name: string, error: ErrorCode): ChatState {
  return pairing(name, { kind: 'failed', error }, failureWords(error).title);
}

/** A chat whose line is as the far end has left it. */
function line(
  name: string,
  status: { readonly state: 'reconnecting' | 'error'; readonly error?: ErrorCode },
  text: string | RegExp,
): ChatState {
  return {
    name,
    async enter(demo) {
      await openChat(demo);
      await demo.page.evaluate((is) => {
        window.demo.hub.setStatus(is);
      }, status);
      await demo.page.getByText(text).first().waitFor();
    },
  };
}

async function openChat(demo: DemoPage): Promise<void> {
  await demo.start({ chat: 'main' });
  await demo.articles.last().waitFor();
}

/** The states on the way to a computer, from the page alone to the answer of whoever sits there. */
export const pairingStates: readonly ChatState[] = [
  {
    name: 'an unpaired page, with who can read along',
    async enter(demo) {
      await demo.page.getByText('Who can read this?').click();
      await demo.page.getByText('could serve a page that reads along').waitFor();
    },
  },
  {
    name: 'a link that is none',
    async enter(demo) {
      await demo.page.evaluate(() => {
        window.demo.pair({ kind: 'unpaired', error: 'badPairingLink', backTo: 'Desk' });
      });
      await demo.page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'a camera that may not be used',
    async enter(demo) {
      await demo.page.getByRole('button', { name: 'Scan the QR code' }).click();
      await demo.page.getByRole('alert').waitFor();
    },
  },
  pairing('an address that is not secure', { kind: 'insecure' }, 'This address is not secure'),
  pairing('a link that was opened', { kind: 'confirm', name: 'Firefox on Android' }, 'Pair this browser'),
  pairing('a browser that keeps nothing', { kind: 'confirm', name: 'Firefox on Android', isForgotten: true }, 'Pair this browser'),
  pairing('a computer that is looked for', { kind: 'connecting' }, 'Looking for the computer…'),
  pairing(
    'a question at the computer',
    { kind: 'waiting', name: 'Firefox on Android', deviceName: 'Desk', words, expiresAt: Date.now() + 3_600_000 },
    'Look at Desk: allow Firefox on Android?',
  ),
  failed('a pairing that was denied', 'pairingDenied'),
  failed('a link that has expired', 'offerExpired'),
  failed('a link that was used', 'offerUsed'),
  failed('a question that nobody answered', 'pairingTimeout'),
  failed('a pairing whose computer is gone', 'deviceOffline'),
  failed('a pairing that another computer answered', 'handshakeFailed'),
];

/** What is said of the line to the computer: each trouble differs, and only one that needs a person has a button. */
export const lineStates: readonly ChatState[] = [
  line('a line that is made anew', { state: 'reconnecting' }, 'Reconnecting to Desk…'),
  line('a relay that cannot be reached', { state: 'reconnecting', error: 'relayUnreachable' }, 'The relay cannot be reached.'),
  line('a computer that is offline', { state: 'reconnecting', error: 'deviceOffline' }, /It needs VS Code open/),
  line('a computer that has paused it', { state: 'reconnecting', error: 'paused' }, /Remote access is paused at Desk\./),
  line('a browser that was removed', { state: 'error', error: 'revoked' }, 'This browser was removed at Desk.'),
  line('another computer in its place', { state: 'error', error: 'handshakeFailed' }, 'This is not the computer that was paired.'),
  {
    name: 'no network, and a question that waits for it',
    async enter(demo) {
      await openChat(demo);
      await demo.page.evaluate(() => {
        window.demo.hub.setStatus({ state: 'reconnecting' });
        window.demo.app.controller?.setOnline(false);
      });
      await demo.page.getByText('You are offline.').waitFor();
      await demo.message.fill('And in the evening?');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByText('Waits for').first().waitFor();
    },
  },
  {
    name: 'questions that wait for the computer',
    async enter(demo) {
      await openChat(demo);
      await demo.page.evaluate(() => {
        const lastSeenAt = new Date(2026, 10, 23, 8, 12).getTime();
        window.demo.hub.setStatus({ state: 'reconnecting', error: 'deviceOffline', lastSeenAt });
      });
      for (const text of ['And what of the tides?', 'How far is the moon, in miles and in light seconds, and who measured it first?']) {
        await demo.message.fill(text);
        await demo.page.keyboard.press('Enter');
      }
      await demo.page.getByText('Waits for Desk').nth(1).waitFor();
      await demo.page.getByText('last seen').waitFor();
    },
  },
  {
    name: 'a stop that waits for the computer',
    async enter(demo) {
      await demo.start({ isNew: true });
      await demo.ask('Why?');
      await demo.page.evaluate(() => {
        window.demo.hub.chunk('Because the moon');
        window.demo.hub.setStatus({ state: 'reconnecting', error: 'relayUnreachable' });
      });
      await demo.page.getByRole('button', { name: 'Stop' }).click();
      await demo.page.getByText('Stop waits for Desk').waitFor();
    },
  },
  {
    name: 'others in the same chat',
    async enter(demo) {
      await openChat(demo);
      await demo.page.evaluate(() => {
        window.demo.hub.reply({ type: 'viewers', conversationId: window.demo.idOf('main'), names: ['VS Code'] });
      });
      await demo.page.getByText('Also in VS Code').waitFor();
    },
  },
];
