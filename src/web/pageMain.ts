import { TunnelError } from '../protocol/errors.ts';
import { parsePairingFragment, type PairingLink } from '../secure/pairingLink.ts';
import './appElement.ts';
import { DeviceShelf } from './deviceShelf.ts';
import { keepAboveKeyboard } from './keepAboveKeyboard.ts';
import { PageHost } from './pageHost.ts';
import { languageComing } from './pageLanguage.ts';

/** The secret in the address is read and taken out of it before anything else runs. */
const offered = takePairingFragment();
const isShared = takeShareFragment();

/** A pairing link that was opened in this tab, or what is wrong with it. */
function takePairingFragment(): PairingLink | TunnelError | undefined {
  if (!location.hash.startsWith('#pair')) return undefined;
  const fragment = location.hash;
  history.replaceState(null, '', '#/');
  try {
    return { origin: location.origin, ...parsePairingFragment(fragment) };
  } catch (error) {
    return TunnelError.from(error, 'badPairingLink');
  }
}

/** Was the page opened by sharing something with it? */
function takeShareFragment(): boolean {
  if (location.hash !== '#/share') return false;
  history.replaceState(null, '', '#/');
  return true;
}

async function main(): Promise<void> {
  const app = document.querySelector('c2l-app');
  if (!app) return;
  if (languageComing) await languageComing;
  keepAboveKeyboard(window);
  const shelf = await DeviceShelf.open(globalThis.indexedDB);
  const host = new PageHost(app, shelf);
  // A shelf that cannot be read must not keep a link from being opened.
  const devices = (await shelf?.list().catch(() => [])) ?? [];
  const show = (link: PairingLink | TunnelError): void => {
    if (link instanceof TunnelError) app.pairing = { kind: 'unpaired', error: link.code };
    else host.offer(link);
  };
  host.start(devices, offered !== undefined);
  if (offered) show(offered);
  window.addEventListener('hashchange', () => {
    const later = takePairingFragment();
    if (later) show(later);
  });
  const { makeApp } = await import('./pageShell.ts');
  makeApp(app, isShared);
}

void main();
