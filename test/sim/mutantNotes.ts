/** Why the simulator does not see a planted fault, by its name or by a pair's: which guard makes up for it, or why it changes nothing. */
export const survivorNotes: Readonly<Record<string, string>> = {};
