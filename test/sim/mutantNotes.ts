/** Why the simulator does not see a planted fault, by its name or by a pair's: which guard makes up for it, or why it changes nothing. */
export const survivorNotes: Readonly<Record<string, string>> = {
  'repeats are not dropped':
    'Nothing is ever repeated to a reader by an end of ours: both let go of the old session before they say where they stand, and go on from exactly there. The simulator asserts it ("bytes come twice"), so the guard stands only against another implementation; `test/mux` repeats old records on purpose and fails without it.',
  'the device does not go on when its socket has drained':
    'Whatever is said next wakes the same pump: a CREDIT, a PONG, at the latest the PING after 15 s; and the simulator judges pace by 60 s of standing still, or 5 s where an end has credit, a line and a single relay. `test/tunnel/tunnel.test.ts` ("goes on when a full socket has drained") fails without it at once.',
};
