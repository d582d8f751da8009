/** What the check may ask of the repository. */
export interface AcceptanceRepository {
  readonly scripts: readonly string[];
  read(path: string): string | undefined;
}
export function checkAcceptance(markdown: string, repository: AcceptanceRepository): { count: number; open: number; faults: string[] };
export function faultOf(proof: string, repository: AcceptanceRepository): string | undefined;
