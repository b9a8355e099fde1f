// A user who gets a slow engine without having asked for it should hear of it once, with the way to the faster one.

import type { EngineName } from "./engine-name.ts";
import type { PassedOver } from "./explain-failure.ts";

/**
 * Which engine runs, why native does not, and the command to run, which comes last so that it can be copied. Undefined
 * where native was not tried – somebody chose the engine by name – or where another library computes as fast.
 */
export function explainSlowEngine(name: EngineName, passedOver: readonly PassedOver[]): string | undefined {
  const native = passedOver.find((each) => each.name === "native");
  if (native === undefined || (name !== "wasm" && name !== "cpu")) return undefined;
  const { reason, command } = native;
  const sentence = `The engine is ${name}, several times slower than native, which was passed over: ${reason}.`;
  return command === undefined ? sentence : `${sentence} Run: ${command}`;
}
