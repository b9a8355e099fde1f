// A user who gets a slow engine without having asked for it should hear of it once, with the way to the faster one.

import { backends } from "../engines/backends.ts";
import { type EngineName, engineFacts } from "../engines/facts.ts";
import type { PassedOver } from "./explain-failure.ts";

/**
 * Which engine runs, why the faster one does not, and the command to run, which comes last so that it can be copied.
 * Undefined where that was not tried – somebody chose the engine by name – or where another library computes as fast.
 */
export function explainSlowEngine(name: EngineName, passedOver: readonly PassedOver[]): string | undefined {
  const { slowerThan = [] } = engineFacts[name];
  const faster = passedOver.find((each) => slowerThan.includes(each.name) && couldRun(each));
  if (faster === undefined) return undefined;
  const { reason, command } = faster;
  const sentence = `The engine is ${name}, slower than ${faster.name}, which was passed over: ${reason}.`;
  return command === undefined ? sentence : `${sentence} Run: ${command}`;
}

/** Nobody can change that a machine has no graphics processor; a package that is missing beside one can be installed. */
function couldRun({ name, command }: PassedOver): boolean {
  return command !== undefined || backends[engineFacts[name].backend]?.memory === "process";
}
