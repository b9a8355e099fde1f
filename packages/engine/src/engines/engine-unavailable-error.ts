// The error of an engine that cannot run here, with the next step.

import { LowrankError } from "@lowrank/contracts";

/** An engine cannot start; `chooseEngine` then tries the next one. Run the command of the message to make it available. */
export class EngineUnavailableError extends LowrankError {
  constructor(
    /** A part of a sentence that follows the engine's name: "its package is not installed". */
    readonly reason: string,
    /** The command that would enable the engine. */
    readonly command?: string,
    cause?: unknown,
  ) {
    super("ENGINE_UNAVAILABLE", command === undefined ? reason : `${reason} (${command})`, { cause });
  }
}
