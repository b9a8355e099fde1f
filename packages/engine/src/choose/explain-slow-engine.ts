// A user who gets a slow engine without choosing it reads one note, with the command that installs the faster engine.

import { backends } from "../engines/backends.ts";
import { type EngineName, engineFacts } from "../engines/facts.ts";
import type { SkippedEngine } from "./explain-failure.ts";

/**
 * Which engine runs, why the faster one does not, and the command to run, which comes last so that it can be copied.
 * Undefined if that was not tried, because the user named the engine, or if another library is as fast.
 */
export function explainSlowEngine(name: EngineName, skipped: readonly SkippedEngine[]): string | undefined {
  const { slowerThan = [] } = engineFacts[name];
  const faster = skipped.find((each) => slowerThan.includes(each.name) && couldRun(each));
  if (faster === undefined) return undefined;
  const { reason, command } = faster;
  const sentence = `The engine is ${name}, slower than ${faster.name}, which was skipped: ${reason}.`;
  return command === undefined ? sentence : `${sentence} Run: ${command}`;
}

/** A missing GPU cannot be installed. A missing package can. */
function couldRun({ name, command }: SkippedEngine): boolean {
  return command !== undefined || backends[engineFacts[name].backend]?.memory === "process";
}
