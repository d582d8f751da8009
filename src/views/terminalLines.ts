/**
 * The commands of a block of shell code, one a line and none with a line end: what is written to a terminal must not run by itself, and a
 * line end would run it. Continued lines are joined; prompts, comments, blank lines and tabs, which complete, are left out.
 */
export function terminalLines(code: string): string[] {
  return code
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]*[\\`]\n[ \t]*/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/\t/g, ' ')
        .trim()
        .replace(/^(\$|>|PS [^>]*>) +/, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('#'));
}
