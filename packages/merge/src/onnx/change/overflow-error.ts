import { LowrankError, printable } from "@lowrank/contracts";

/** A changed weight, or a factor beside it, has a number that its type in the file cannot hold. */
export class OnnxOverflowError extends LowrankError {
  constructor(
    readonly tensor: string,
    readonly position: number,
    readonly value: number,
    readonly type: string,
  ) {
    super(
      "ONNX_OVERFLOW",
      `"${printable(tensor)}" would have ${value} at position ${position}, which ${type} cannot hold. ` +
        "Use an adapter of finite numbers, or the model in a wider type.",
    );
  }
}
