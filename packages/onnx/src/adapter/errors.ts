import { itemised, LowrankError, printable } from "@lowrank/contracts";

/** One thing of an adapter that has no place in a model. */
export interface Misfit {
  /** A module, a key of the configuration, or a tensor. */
  readonly what: string;
  readonly reason: string;
}

/** An adapter cannot be put into an ONNX model without losing part of it. Lists all of it; nothing was written. */
export class OnnxMisfitError extends LowrankError {
  constructor(
    /** Name of the model's file. */
    readonly file: string,
    readonly problems: readonly Misfit[],
  ) {
    const lines = problems.map(({ what, reason }) => `${printable(what)}: ${reason}`);
    super("ONNX_MISFIT", `The adapter cannot be put into ${printable(file)}:${itemised(lines)}`);
  }
}
