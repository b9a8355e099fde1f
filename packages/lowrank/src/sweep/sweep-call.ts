// The command that makes one run of a sweep, for those who write it into a script.

/** What the command is told. */
export interface SweepCall {
  readonly recipe: string;
  /** As they were typed: "rank=4,8". */
  readonly sets: readonly string[];
  readonly out: string;
}

/** Its words, but for the number of the run. */
export function sweepWords({ recipe, sets, out }: SweepCall): readonly string[] {
  return ["lowrank", "sweep", recipe, ...sets.flatMap((set) => ["--set", set]), "--out", out, "--only"];
}

/** A word as a shell takes it, whatever is in it. */
export function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
