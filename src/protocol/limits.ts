/**
 * Every bound of the wire, with its reason and what happens at the edge. The block at the end asserts that they fit together.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Plaintext of one record. Small, so that a keystroke never waits behind a long frame. */
export const MAX_RECORD_PLAINTEXT_BYTES = 16 * KiB;
/** AES-GCM tag (NIST SP 800-38D). */
export const AEAD_TAG_BYTES = 16;
/** One record on the wire. A longer one ends the session. */
export const MAX_RECORD_BYTES = MAX_RECORD_PLAINTEXT_BYTES + AEAD_TAG_BYTES;
/** Bytes of frames in one record: the plaintext less its u16 length. */
export const MAX_RECORD_FRAMES_BYTES = MAX_RECORD_PLAINTEXT_BYTES - 2;
/** Type and circuit of a link frame. */
export const LINK_HEADER_BYTES = 5;
/** One WebSocket message. A longer one is refused by the socket with close code 1009 (RFC 6455, section 7.4.1). */
export const MAX_LINK_MESSAGE_BYTES = 64 * KiB + LINK_HEADER_BYTES;
/** Records in one direction before Noise REKEY (Noise revision 34, section 11.3). */
export const REKEY_AFTER_RECORDS = 2 ** 20;

/** Bytes of stream data in one DATA frame; one quantum of the scheduler, after which another stream has its turn. */
export const MAX_DATA_BYTES = MAX_RECORD_FRAMES_BYTES - 18;
/** Streams alive on one mux. Opening one more throws; the peer's one more is reset. */
export const MAX_STREAMS = 32;
/** What every stream may always have in flight, however much the others of its mux have that nobody reads. */
export const MIN_STREAM_WINDOW_BYTES = 8 * KiB;
/**
 * Consumed bytes for which a reader says CREDIT where the sender may be holding itself back by more than what it was granted: half of the
 * least that it may always have in flight. Otherwise a reader waits for a part of the window, and both would wait for each other.
 */
export const CREDIT_STEP_BYTES = MIN_STREAM_WINDOW_BYTES / 2;
/**
 * Window of a new stream, and the least one that a reader grants: at 20 Mbit/s 64 KiB are 26 ms, which neighbours hardly notice. A reader
 * that takes what came once a second has at most this in a second, however short its line.
 */
export const INITIAL_STREAM_WINDOW_BYTES = 64 * KiB;
/** Largest window of a stream; the sender keeps to it whatever the peer grants. It fills 20 Mbit/s at a round trip of 100 ms. */
export const MAX_STREAM_WINDOW_BYTES = 256 * KiB;
/** What a sender has in flight beyond where it resumed until a CREDIT from there, so that a flapping line does not carry the same bytes again and again. */
export const AFTER_ATTACH_WINDOW_BYTES = 32 * KiB;
/** What one mux has in flight in all. */
export const MAX_MUX_WINDOW_BYTES = 512 * KiB;
/** Received and not yet said to be consumed, of all streams: from here on a sender may be near that bound, and readers say every step. */
export const CROWDED_MUX_BYTES = MAX_MUX_WINDOW_BYTES / 2;
/** What the windows of a mux have grown by in all: the reader's own bound is this and every stream's initial window. */
export const MAX_MUX_GROWTH_BYTES = MAX_MUX_WINDOW_BYTES - INITIAL_STREAM_WINDOW_BYTES;
/**
 * What a reader waits for something else to say before it says the CREDIT that confirms an end: the answer to a request, or the next request,
 * then takes it along. A record of its own wakes both ends and the relay, which a short answer would feel.
 */
export const END_CREDIT_DELAY_MS = 10;
/** What an end keeps in its socket; the rest waits in the scheduler, where a new stream can overtake it. */
export const MAX_SOCKET_BACKLOG_BYTES = 64 * KiB;
/** What an end puts into its socket in one turn of the event loop, or a fast line would leave no time for reading and for timers. */
export const MAX_TURN_BYTES = 64 * KiB;

/** One message of the chat contract. What is longer goes as a blob. */
export const MAX_CHAT_MESSAGE_BYTES = 64 * KiB;
/**
 * Written to a stream and not consumed by its reader: the replay buffer and what waits. A writer is asked to pause when a window is
 * written, since nothing beyond it could leave; it may finish a message or a read of its own by then. One that goes on is refused.
 */
export const MAX_STREAM_BUFFERED_BYTES = MAX_STREAM_WINDOW_BYTES + 2 * MAX_CHAT_MESSAGE_BYTES;
/** A prompt in a `send`, in UTF-8 bytes, so that the message with its envelope fits. */
export const MAX_PROMPT_BYTES = 56 * KiB;
/** Events of one conversation kept for viewers that come back. Older ones cost a snapshot. */
export const MAX_EVENT_LOG_BYTES = 256 * KiB;
/** Messages in a snapshot. */
export const MAX_SNAPSHOT_MESSAGES = 200;
/** A snapshot's text; below a chat message, for it travels as one. Earlier messages come in pages. */
export const MAX_SNAPSHOT_BYTES = 48 * KiB;
/** Text between two checkpoints of a generation. */
export const CHECKPOINT_BYTES = 2 * KiB;
export const CHECKPOINT_INTERVAL_MS = 250;
/** Text of one piece of an answer, in UTF-16 units, so that its JSON fits a chat message even when every unit is escaped to six bytes. */
export const MAX_CHUNK_UNITS = 8 * KiB;
/** Conversations that one view follows at once. One more is refused. */
export const MAX_OPEN_CONVERSATIONS = 32;
/** Names of others that a view is told of for one conversation; who comes later is not told of. */
export const MAX_VIEWER_NAMES = 8;
/** Replies that one view has asked for and not yet taken. One more ends its line. */
export const MAX_PENDING_REPLIES = 128;
/** Event logs kept of conversations that nobody follows now, for views that come back; the oldest goes first. */
export const MAX_IDLE_EVENT_LOGS = 16;
/** Temporary chats that a device holds in memory. One more takes the place of one that nobody looks at, or is refused. All guests together have half of them. */
export const MAX_TEMPORARY_CHATS = 16;
/** How long a temporary chat is held when its last viewer has gone: a page that is loaded anew is back by then. */
export const TEMPORARY_CHAT_IDLE_MS = 60_000;
/** Newest messages of a conversation that the model is given. */
export const MAX_PROMPT_MESSAGES = 2_000;
/** A conversation's title, in UTF-16 units. */
export const MAX_TITLE_UNITS = 200;
/** What is searched for, in UTF-16 units. */
export const MAX_QUERY_UNITS = 200;
/** Messages that one search answers with. */
export const MAX_SEARCH_HITS = 50;

/** Images of one question: Ollama reads each into the context, at hundreds of tokens apiece. */
export const MAX_MESSAGE_IMAGES = 4;
/** The longer side of an image; models scale what they see to about a thousand pixels, and this leaves small print readable. */
export const MAX_IMAGE_SIDE_PX = 1536;
/** An image as base64 text: a photograph of that size is a fifth of it, a screenshot full of text a half. */
export const MAX_IMAGE_UNITS = 1.5 * MiB;
/** Base64 text in one message; the rest of the message is short. */
export const MAX_IMAGE_PART_UNITS = 48 * KiB;
export const MAX_IMAGE_ALT_UNITS = 200;
/** One file of the audit; a line is some 200 bytes. */
export const MAX_AUDIT_FILE_BYTES = 4 * MiB;
/** Files of the audit, the one that is written among them; the oldest is deleted. */
export const AUDIT_FILES = 4;
/** Base64 text of images that have come and go with no question yet, of all views of the machine's owner, and as much of all guests' together; the oldest is forgotten first. */
export const MAX_UPLOADED_UNITS = 24 * MiB;
/** The newest images that a model is given of a conversation; an older one has been spoken about. */
export const MAX_PROMPT_IMAGES = 8;
/** An image file that a view reads in order to make a smaller one of it. */
export const MAX_IMAGE_FILE_BYTES = 64 * MiB;

/** Files and selections that go with one question; the prompt is full long before. */
export const MAX_ATTACHMENTS = 16;

/** Code that a webview may hand to the editor, UTF-16 units: more is no file that a person would review. */
export const MAX_CODE_UNITS = 1_000_000;
/** Models and conversations in one list. */
export const MAX_LISTED = 200;
/** What a model is told ahead of a conversation, in bytes of JSON, so that it fits a chat message beside a whole snapshot. */
export const MAX_SYSTEM_PROMPT_BYTES = 8 * KiB;
/** Saved prompts of one person, and what they hold together as JSON, so that the list travels as one message. One more is refused. */
export const MAX_SAVED_PROMPTS = 100;
export const MAX_SAVED_PROMPTS_BYTES = 48 * KiB;
/** One of them, its text as JSON, so that a few long ones do not take all the room. */
export const MAX_SAVED_PROMPT_BYTES = 8 * KiB;
/** Its name, in UTF-16 units: it is typed. */
export const MAX_PROMPT_NAME_UNITS = 40;
/** Tokens of context that may be asked for: below, Ollama itself takes more; above, no model has more. */
export const MIN_CONTEXT_LENGTH = 512;
export const MAX_CONTEXT_LENGTH = 4 * MiB;
/** The most that a paired client may ask for: more reloads the model for everybody, and may not fit. */
export const MAX_REMOTE_CONTEXT_LENGTH = 32_768;
/** How long a model may be asked to stay in memory, s; a paired client may ask for less. */
export const MAX_KEEP_ALIVE_S = 7 * 24 * 60 * 60;
export const MAX_REMOTE_KEEP_ALIVE_S = 30 * 60;
/** Share of the context that may be used before a warning; what is over the whole falls out of the model's sight. */
export const CONTEXT_WARNING = 0.8;
/** Downloads of models at once; one more is refused. */
export const MAX_PULLS = 4;
/** Downloads that a view is told of: those that run, and the last that have ended. */
export const MAX_PULLS_LISTED = 16;
/** Least time between two reports of how far a download is. */
export const PULL_REPORT_MS = 250;
/** Text that a port holds back until the message it belongs to has come. More ends the line. */
export const MAX_TEXT_AHEAD_UNITS = 16 * MiB;
/** A written answer with what was thought ahead of it; more ends the generation as `interrupted`. */
export const MAX_ANSWER_BYTES = 8 * MiB;

/** A file of conversations to import, in UTF-16 units: years of chats; it is parsed in one go, so memory is what bounds it. */
export const MAX_IMPORT_UNITS = 256 * MiB;
export const MAX_IMPORT_CONVERSATIONS = 50_000;
/** In one conversation, all branches; a longer one is left out. */
export const MAX_IMPORT_MESSAGES = 20_000;

/** A file of conversations to import that comes over a chat line, bytes: it is held whole until it is read, one for each person. */
export const MAX_CHAT_FILE_BYTES = 32 * MiB;
/** A part of a file of conversations, bytes; it travels as base64url. */
export const MAX_CHAT_FILE_PART_BYTES = 36 * KiB;

/** Head of a request or an answer on an `http` stream. */
export const MAX_HTTP_HEAD_BYTES = 4 * KiB;
/** Body of a request on an `http` stream: a chat with a few images. A longer one is answered 413. */
export const MAX_HTTP_BODY_BYTES = 32 * MiB;
/** Bodies that a device holds at once, of all clients, until Ollama has taken them. One that would exceed it is answered 503. */
export const MAX_HTTP_BODIES_BYTES = 64 * MiB;
/** A list of Ollama's that is read whole, to take out what is not the client's business. A longer one is not Ollama's. */
export const MAX_HTTP_LIST_BYTES = 8 * MiB;
/** Requests that run a model at once: of a browser or an editor, which chats through the hub; one more is answered 429. */
export const MAX_HTTP_RUNS_PER_CLIENT = 4;
/** The same of an API key, made for programs: all streams of all circuits that one dial token may have. */
export const MAX_HTTP_RUNS_PER_KEY = 256;
/** The same of a whole device, where each holds a connection and at most a stream's buffer; one more is answered 503. */
export const MAX_HTTP_RUNS = 1024;
/** How long a request goes on without its client: a tunnel that is lost, a body that does not come. Then it ends, and the model with it. */
export const HTTP_HOLD_MS = 60_000;

/** Detached muxes kept for one client; the oldest goes first. */
export const MAX_DETACHED_MUXES_PER_CLIENT = 4;
export const DETACHED_MUX_LIFETIME_MS = 10 * 60_000;

/** Handshakes that a device answers at once, and how many wait, and how long. */
export const MAX_CONCURRENT_HANDSHAKES = 4;
export const MAX_WAITING_HANDSHAKES = 32;
export const HANDSHAKE_TIMEOUT_MS = 5_000;

/** First frame of a link. */
export const FIRST_FRAME_TIMEOUT_MS = 5_000;
/** Silence after which a link is dead, unless our own event loop was what stalled. */
export const LINK_DEAD_AFTER_MS = 24_000;
export const HEARTBEAT_INTERVAL_MS = 15_000;
export const HEARTBEAT_ANSWER_MS = 10_000;
/** Mux PING, from a device always, from a client while a stream is open or a view is visible; and how long its PONG may take. */
export const PING_INTERVAL_MS = 15_000;
export const PING_TIMEOUT_MS = 10_000;
/** A gap of the wall clock that means sleep; a probe follows, with this long to answer. */
export const SLEEP_GAP_MS = 10_000;
export const PROBE_TIMEOUT_MS = 3_000;

/** Circuits at once for one dial-token hash. */
export const MAX_CIRCUITS_PER_HASH = 8;
/** Unsent bytes toward a client before its link is ended; the relay never blocks on a client. */
export const MAX_CLIENT_BACKLOG_BYTES = 2 * MiB;
/** Unsent bytes of a circuit toward a device before the relay stops reading that client. */
export const MAX_DEVICE_QUEUE_BYTES = 256 * KiB;
/**
 * How long a relay leaves a client unread because its device takes nothing. Meanwhile it learns nothing of the client's end; a device that
 * takes nothing is gone sooner, so what goes on longer is a circuit whose other end is lost, or a line too slow for what is sent.
 */
export const MAX_UNREAD_MS = 35_000;
/** Unsent bytes in the whole relay before it sheds the largest queue. */
export const MAX_RELAY_BACKLOG_BYTES = 256 * MiB;
/**
 * Between the nodes of one relay: bytes of a circuit under way before it is cut, and of all circuits to one node before the largest is. With
 * eight nodes behind one NATS server that is half of what such a server holds for one of them before it cuts that one off (64 MiB).
 */
export const MAX_BUS_CIRCUIT_BYTES = 1 * MiB;
export const MAX_BUS_NODE_BYTES = 4 * MiB;
/** A node says so often what it has received. */
export const BUS_ACK_BYTES = 64 * KiB;
/** How often nodes with circuits between them compare what they have; a node of which nothing is heard for the latter time is gone. */
export const BUS_PULSE_MS = 1_000;
export const BUS_SILENT_MS = 8_000;
/** The answer to a dial, and after the first answer those of others who serve the same. */
export const BUS_DIAL_MS = 1_000;
export const BUS_GATHER_MS = 10;
/** Dials parked from one address, and in all. */
export const MAX_PARKED_DIALS_PER_ADDRESS = 64;
export const MAX_PARKED_DIALS = 4096;
/**
 * New links of one address (an IPv4 address, a /64) at a relay; one more is answered 429 with Retry-After. A household of watched pages
 * tries again every 5 s each, and begins with four tries.
 */
export const LINKS_PER_ADDRESS = { burst: 256, perSecond: 64 };
/**
 * The same of all addresses of one network (an IPv4 /24, an IPv6 /48): whoever has all of it must not fill the relay with links that never
 * speak, each of which may stay for FIRST_FRAME_TIMEOUT_MS.
 */
export const LINKS_PER_NETWORK = { burst: 1024, perSecond: 256 };
/** DIALs of one address, whatever becomes of them; one more ends its link with `relayBusy`. Who tries pairing codes runs into this. */
export const DIALS_PER_ADDRESS = { burst: 256, perSecond: 64 };
/** TOKENS of one device: a pairing offer is one, and one comes every 15 s as a measure. One more ends the device's link with `relayBusy`. */
export const TOKENS_PER_DEVICE = { burst: 64, perSecond: 4 };
/** Circuits opened to one device, each of which costs it a handshake. The client of one more is told `relayBusy`. */
export const JOINS_PER_DEVICE = { burst: 1024, perSecond: 64 };
/** WebSocket pings and pongs of one link, which our ends never send; one more ends it with `relayBusy`. They pass every other count. */
export const PINGS_PER_LINK = { burst: 32, perSecond: 1 };
/** Devices here by one invite at once: a person has a few computers, a team that shares one invite some dozens. One more is told `relayBusy`. */
export const MAX_DEVICES_PER_INVITE = 64;
/** Registrations by one invite, each of which costs a curve; all of its devices come at once after a restart. One more is told `relayBusy`. */
export const REGISTRATIONS_PER_INVITE = { burst: 256, perSecond: 8 };
/** Connections of one address that are no links: a page comes with a handful, a household behind one address with some dozens. One more is cut. */
export const MAX_CONNECTIONS_PER_ADDRESS = 256;
/** Share of the unsent bytes that a relay may hold from which on it takes no new links: those that are there need the rest. */
export const CROWDED_RELAY = 0.7;
/** Unknown API keys from one address at a gateway; it is then answered 429 with Retry-After. */
export const UNKNOWN_KEYS_PER_ADDRESS = { burst: 10, perSecond: 1 / 60 };
/** Addresses or devices that one such limit remembers; the one heard of longest ago goes first. */
export const MAX_RATE_NAMES = 4096;
/** Tunnels of one gateway. One more takes the place of an idle one, or its call is told to come again. */
export const MAX_GATEWAY_TUNNELS = 1024;
/** Token hashes one device may register. */
export const MAX_TOKENS_PER_DEVICE = 512;
/** Hashes in one TOKENS frame, so that it fits a link message. */
export const MAX_TOKENS_PER_FRAME = 1024;

/** A pairing secret's life, the time for the question, and how long a pairing may wait for its first authenticated record. */
export const PAIRING_OFFER_LIFETIME_MS = 120_000;
export const PAIRING_QUESTION_LIFETIME_MS = 5 * 60_000;
export const PAIRING_PENDING_LIFETIME_MS = 10 * 60_000;
export const MAX_PAIRING_BAD_TRIES = 3;
export const MAX_CLIENT_NAME_BYTES = 128;
