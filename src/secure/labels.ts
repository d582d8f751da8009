/**
 * Every label that tells one derivation from another. Two uses never share a label; a label never changes its meaning.
 */
export const labels = {
  /** HKDF, device and relay: the key of the admission proof. */
  admission: 'c2l admission v1',
  /** HMAC, relay alone: an invite. */
  invite: 'c2l invite v1',
  /** HKDF of the pairing secret: the pre-shared key of the pairing handshake. */
  pairingPsk: 'c2l pairing psk',
  /** HKDF of the pairing secret: the dial token of an open offer. */
  pairingDial: 'c2l pairing dial',
  /** HKDF of the chaining key after message 2 of a pairing: what the two ends keep. */
  root: 'c2l root',
  /** HKDF of the root: the pre-shared key of every later handshake. */
  sessionPsk: 'c2l session psk',
  /** HKDF of the root: the dial token of a paired client. */
  sessionDial: 'c2l dial',
  /** HKDF of an API key's secret: its dial token, its pre-shared key, and the private key of the client that holds it. */
  keyDial: 'c2l key dial',
  keyPsk: 'c2l key psk',
  keyClient: 'c2l key client',
  /** HKDF of what offer and keys come to: the six words. */
  words: 'c2l words',
} as const;
