import { LowrankError, printable } from "@lowrank/contracts";

/** A file is no ONNX model, or a broken one. */
export class OnnxFileError extends LowrankError {
  constructor(
    /** Name of the file. */
    readonly file: string,
    /** Where in the model: "graph, node 12". */
    readonly place: string,
    readonly problem: string,
  ) {
    super("ONNX_FILE", `${printable(file)} is no ONNX model that can be read: ${place}: ${problem}`);
  }
}
