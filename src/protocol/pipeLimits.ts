/** Bounds of the windows' pipe, which no network carries. */

const MiB = 1024 * 1024;

/** One message: 256 paired clients with their names are 100 KiB. A longer one ends its line. */
export const MAX_PIPE_MESSAGE_BYTES = MiB;
/** What waits in one line to be taken. A line of chats is written to only below its socket's mark; one that is above this is ended. */
export const MAX_PIPE_BACKLOG_BYTES = MiB;
/** Lines that a leader serves at once: each view of each window has one. One more is closed. */
export const MAX_PIPE_LINES = 256;
