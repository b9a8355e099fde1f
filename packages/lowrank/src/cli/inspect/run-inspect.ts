// lowrank inspect: what the library finds out about a path, printed.

import { inspect } from "../../node/inspect.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import type { Report } from "../terminal/report.ts";
import { printInspection } from "./print-inspection.ts";

/** The options of `lowrank inspect`. */
export interface InspectOptions extends CommonOptions {
  readonly all?: boolean;
}

/** Inspects a folder or file and prints what was found. */
export async function runInspect(path: string, options: InspectOptions, report: Report): Promise<void> {
  printInspection(await inspect(path), { all: options.all === true }, report);
}
