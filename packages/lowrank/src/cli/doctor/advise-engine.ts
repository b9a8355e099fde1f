// The one command that would make this machine faster.

import type { EngineReport } from "@lowrank/engine";
import { type EngineName, engineFacts, engineNames } from "@lowrank/engine/facts";

/** A command to type, and why. */
export interface Advice {
  readonly why: string;
  readonly command: string;
}

/** What to install for a better engine than the one that runs; undefined where there is nothing better to have. */
export function adviseEngine(running: EngineName, reports: readonly EngineReport[]): Advice | undefined {
  if (engineFacts[running].slowerThan === undefined) return undefined;
  for (const name of engineNames) {
    if (name === running) return undefined;
    const { advantage: why } = engineFacts[name];
    if (why === undefined) continue;
    const report = reports.find((each) => each.name === name);
    if (report?.runs === false && report.command !== undefined) return { why, command: report.command };
  }
  return undefined;
}
