/**
 * Why a scenario misses its aims: what `--profile` showed, what was tried, and what the limit is. Printed under the table for each scenario
 * that misses one.
 */
export const missNotes: Readonly<Record<string, string>> = {
  firstToken:
    '**First token.** The profile is flat. Of the relay’s time a third is the kernel’s `writev`, which wakes the next process, and a fifth is reading and unmasking what came. Of the agent’s time a fifth are its two writes (to Ollama and to the relay), an eighth is opening and sealing a record (half of that makes the cipher objects, which Node offers no way to keep), a ninth the check and the rebuilding of the request, a twentieth timers; nothing else is above a fiftieth. Tried and kept: an own HTTP/1.1 client toward Ollama, kept connections to it, one record for all that a turn brings, no PING a request, and the CREDIT of an end along with the next record, which made four records a request into two. What is left is four more passages through a process than a direct request has; the line of `pipes`, which neither encrypts nor checks nor frames, shows how much of that nobody can save. The naive relay is quick here because of its Node: the `fetch` of Node 24 takes it about a third less time than that of Node 20, on which the aims were found; against the same naive relay on Node 20 the two ratios were 0.77 (0.72–0.80) and 0.74 (0.71–0.74) in five repetitions.',
  one1000:
    '**One stream at 1,000 tokens/s.** Each token comes alone, so each pays for two wake-ups a hop and for a record of its own: the relay spends two fifths in `writev`, the agent a quarter in its writes and a seventh in the cipher. Holding tokens back to join them was measured in the study and gains nothing but delay. The limit is the number of processes: `pipes` has as many and does nothing else.',
  streams256:
    '**256 streams.** Records are joined over all streams of a turn, which makes the relay’s share small. The agent spends a fifth in writes, a seventh in sealing (half of it making cipher objects), a tenth in the garbage collector, the rest in reading Ollama’s 256 sockets, which every peer does too. Tried: joining over one more turn (kept), copying short pieces instead of keeping their sockets’ buffers (kept), another order of the scheduler (nothing).',
  flatOut:
    '**Flat out.** The model’s stand-in and the client use more of the two processors than our hops do; the agent’s own time goes to the garbage collector (a sixth), copying frames into records (an eighth), `writev` (an eighth) and the cipher (an eighth).',
};
