// What a claim is to the page: somebody's sentence, and what our own figures say of it.

import type { KeptResults } from "../kept-results.ts";

export interface Claim {
  /** In the paper's sense, short. */
  readonly says: string;
  /** Where it is said. */
  readonly source: string;
  judge(results: KeptResults): Verdict;
}

export interface Verdict {
  readonly status: Status;
  /** The figures, in a sentence or two; of what was not run, how to run it. */
  readonly because: string;
}

export type Status = "held" | "partly" | "not held" | "not run yet";

/** What to say while results are missing. */
export function notRun(what: string, command: string): Verdict {
  return { status: "not run yet", because: `${what}: \`npm run experiment -- ${command}\`.` };
}

/** Held if all are true, not held if none is. */
export function statusOf(conditions: readonly boolean[]): Exclude<Status, "not run yet"> {
  if (conditions.every(Boolean)) return "held";
  return conditions.some(Boolean) ? "partly" : "not held";
}
