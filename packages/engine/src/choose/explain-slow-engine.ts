// A user who gets a slow engine without having asked for it should hear of it once, with the way to the faster one.

import { type EngineName, engineFacts } from "../engines/facts.ts";
import type { PassedOver } from "./explain-failure.ts";

/**
 * Which engine runs, why the faster one does not, and the command to run, which comes last so that it can be copied.
 * Undefined where that was not tried – somebody chose the engine by name – or where another library computes as fast.
 */
export function explainSlowEngine(name: EngineName, passedOver: readonly PassedOver[]): string | undefined {
  const { slowerThan } = engineFacts[name];
  const faster = passedOver.find((each) => each.name === slowerThan);
  if (faster === undefined) return undefined;
  const { reason, command } = faster;
  const sentence = `The engine is ${name}, several times slower than ${slowerThan}, which was passed over: ${reason}.`;
  return command === undefined ? sentence : `${sentence} Run: ${command}`;
}
