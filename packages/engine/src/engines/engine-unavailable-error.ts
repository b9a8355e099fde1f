// The error of an engine that cannot run here, with what to do next.

import { LowrankError } from "@lowrank/contracts";

/** An engine cannot start; `chooseEngine` then tries the next one. Run the command of the message to make it available. */
export class EngineUnavailableError extends LowrankError {
  constructor(
    /** A part of a sentence that follows the engine's name: "its package is not installed". */
    readonly reason: string,
    /** What would enable the engine, to be typed as it is. */
    readonly command?: string,
    cause?: unknown,
  ) {
    super("ENGINE_UNAVAILABLE", command === undefined ? reason : `${reason} (${command})`, { cause });
  }
}
