import { itemized, LowrankError, printable } from "@lowrank/contracts";

/** One thing of an adapter that has no place in a model. */
export interface Misfit {
  /** A module, a key of the configuration, or a tensor. */
  readonly what: string;
  readonly reason: string;
}

/** How the reason begins where a model has nothing that computes a module. */
export const noNode = "no node computes it";

/** An adapter cannot be put into an ONNX model without losing part of it. Lists all of it; nothing was written. */
export class OnnxMismatchError extends LowrankError {
  constructor(
    /** Name of the model's file. */
    readonly file: string,
    readonly problems: readonly Misfit[],
  ) {
    const lines = problems.map(({ what, reason }) => `${printable(what)}: ${reason}`);
    const way = problems.some(({ reason }) => reason.startsWith(noNode))
      ? "\nExporters leave out what no output of the model needs. Export the base with an output that needs it (of a pooler: " +
        "pooler_output), or merge the adapter into its base and export that."
      : "";
    super("ONNX_MISFIT", `The adapter cannot be put into ${printable(file)}:${itemized(lines)}${way}`);
  }
}

/** An ONNX model has other weights than the base that an adapter was trained on. Lists all that differ; nothing was written. */
export class OnnxBaseError extends LowrankError {
  constructor(
    /** Name of the model's file. */
    readonly file: string,
    /** By module. */
    readonly differences: readonly Misfit[],
  ) {
    const lines = differences.map(({ what, reason }) => `${printable(what)}: ${reason}`);
    super(
      "ONNX_BASE",
      `${printable(file)} was not exported from the base that the adapter was trained on:${itemized(lines)}\n` +
        "Give the model that was.",
    );
  }
}
