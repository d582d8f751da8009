/** WebSocket subprotocol of every link (RFC 6455, section 1.9); its number is the version of the link frames. */
export const LINK_SUBPROTOCOL = 'c2l.v1';

/** First bytes of every Noise prologue; the number is the version of session, mux and streams. */
export const SESSION_PROLOGUE = 'c2l1';

/** Version of the chat contract. Additive; this build speaks it and one before. */
export const CHAT_VERSION = 1;
export const CHAT_VERSION_OLDEST = 1;

/** Version of what windows say to each other over their pipe. Additive; this build speaks it and one before. */
export const PIPE_VERSION = 1;
export const PIPE_VERSION_OLDEST = 1;

/** Version of this product, also in package.json; `npm run check` compares the two. */
export const PRODUCT_VERSION = '0.1.0';
