import { itemized } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** A part of an adapter that has no place in a model. */
export interface Misfit {
  /** A module, a key of the configuration, or a tensor. */
  readonly what: string;
  readonly reason: string;
}

/** The start of the reason if no node of the model computes a module. */
export const noNode = "no node computes it";

/** Parts of the adapter have no place in this ONNX model, and nothing was written. Export the base model with these modules, or merge the adapter first. */
export function onnxMismatchError(/** Name of the model's file. */ file: string, problems: readonly Misfit[]) {
  const lines = problems.map(({ what, reason }) => `${printable(what)}: ${reason}`);
  const advice = problems.some(({ reason }) => reason.startsWith(noNode))
    ? "\nExporters remove modules that no output needs. Export the base model with an output that needs them (for a pooler: " +
      "pooler_output), or merge the adapter into its base model and export that."
    : "";
  return failure("ONNX_MISFIT", `The adapter cannot be put into ${printable(file)}:${itemized(lines)}${advice}`, {
    file,
    problems,
  });
}

/** The ONNX model has other weights than the adapter's base model, and nothing was written. Give the model that was exported from that base model. */
export function onnxBaseError(
  /** Name of the model's file. */
  file: string /** By module. */,
  differences: readonly Misfit[],
) {
  const lines = differences.map(({ what, reason }) => `${printable(what)}: ${reason}`);
  return failure(
    "ONNX_BASE",
    `${printable(file)} was not exported from the base model that the adapter was trained on:${itemized(lines)}\n` +
      "Give a model that was exported from it.",
    { file, differences },
  );
}
