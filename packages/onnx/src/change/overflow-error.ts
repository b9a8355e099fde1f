import { LowrankError, printable } from "@lowrank/contracts";

/** A changed weight has a number that its type in the file cannot hold. */
export class OnnxOverflowError extends LowrankError {
  constructor(
    readonly tensor: string,
    readonly position: number,
    readonly value: number,
    readonly type: string,
  ) {
    super(
      "ONNX_OVERFLOW",
      `"${printable(tensor)}" would have ${value} at position ${position}, which ${type} cannot hold: it would become infinite. ` +
        "Use the model in a wider type, or a branch beside its nodes.",
    );
  }
}
