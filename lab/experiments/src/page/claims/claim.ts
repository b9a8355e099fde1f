// What the page needs of a claim: the paper's sentence, the comparison made here, and the verdict with its figures.

import type { SavedResults } from "../saved-results.ts";

export interface Claim {
  /** The heading of its section. */
  readonly title: string;
  /** In the paper's sense, short. */
  readonly statement: string;
  /** The section or table of the paper. */
  readonly source: string;
  /** What is compared, under which equal budget, and how settings were chosen. */
  readonly compared: string;
  readonly picture?: { readonly file: string; readonly text: string };
  judge(results: SavedResults): Verdict;
}

export interface Verdict {
  readonly status: Status;
  /** One sentence with the figures that decide; for missing results, the command that makes them. */
  readonly because: string;
  readonly table?: Table;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** "not shown": there are results, but none with an equal budget and a setting chosen on held-out rows. */
export type Status = "held" | "partly" | "not held" | "not shown" | "not run yet";

export const statuses: readonly Status[] = ["held", "partly", "not held", "not shown", "not run yet"];

/** The verdict while results are missing. */
export function notRun(what: string, command: string): Verdict {
  return { status: "not run yet", because: `${what}: \`npm run experiment -- ${command}\`.` };
}

/** Held if all are true, not held if none is. */
export function statusOf(conditions: readonly boolean[]): "held" | "partly" | "not held" {
  if (conditions.every(Boolean)) return "held";
  return conditions.some(Boolean) ? "partly" : "not held";
}
