// Who is told what a person wants to know of a run before it starts, and how models and rows are reached.

import type { SourceContext } from "../../platform.ts";

/** The command line, or a program that calls the library. */
export interface RunHost {
  readonly context: SourceContext;
  /** Hears what will be trained, line by line. */
  say(line: string): void;
}
