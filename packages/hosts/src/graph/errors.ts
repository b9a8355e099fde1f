// Errors of graph models as hosts, with their facts as fields.

import { itemized, listed } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** The value is not a loaded `tf.GraphModel`. Load it with `tf.loadGraphModel` of tfjs-converter 4.22. */
export function unreadableGraphError() {
  return failure(
    "GRAPH_UNREADABLE",
    "graphModel needs a tf.GraphModel that was loaded (await tf.loadGraphModel(…)) by @tensorflow/tfjs-converter 4.22: " +
      "this one has no graph.",
    {},
  );
}

/** The graph's weights were not loaded, or were disposed of. Load the model with all of its weight files. */
export function graphWithoutWeightsError(constants: readonly string[]) {
  return failure(
    "GRAPH_WITHOUT_WEIGHTS",
    `The graph has no values for ${listed(constants)}. Load the model with all of its weight files.`,
    { constants },
  );
}

/** The graph has no such input or output, or an input is missing. Use the names in the message. */
export function graphNameError(problem: "unknown" | "missing", names: readonly string[], expected: readonly string[]) {
  const problemText = problem === "unknown" ? "The graph has no node" : "The graph also needs an input";
  return failure("GRAPH_NAME", `${problemText} ${listed(names)}. Its inputs are ${listed(expected)}.`, {
    problem,
    names,
    expected,
  });
}

/** Node and kind of operation. */
export interface NamedNode {
  readonly node: string;
  readonly op: string;
}

/** Nodes between an adapter and the result have no gradient. Adapt only layers after them, or choose another output. */
export function graphGradientError(nodes: readonly NamedNode[]) {
  return failure(
    "GRAPH_WITHOUT_GRADIENT",
    "There is no gradient from the result to the adapted layers: TensorFlow.js has none for these nodes. Adapt layers " +
      `after them only, or choose another output.${itemized(nodes.map(lineOf))}`,
    { nodes },
  );
}

/** The graph has control flow or shapes that depend on values. Compute the part before the adapted layers with `host.prepare`. */
export function dynamicNodeError(
  nodes: readonly NamedNode[] /** Whether their results depend on an adapted layer. */,
  isAdapted: boolean,
) {
  return failure(
    "GRAPH_DYNAMIC",
    isAdapted
      ? "Control flow or shapes that depend on values come after an adapted layer, where TensorFlow.js runs them in " +
          `executeAsync only, without gradients. Adapt layers after them only.${itemized(nodes.map(lineOf))}`
      : "The graph has control flow or shapes that depend on values. Compute the part before the adapted layers with " +
          `\`await host.prepare(inputs)\` and execute with its result.${itemized(nodes.map(lineOf))}`,
    { nodes, isAdapted },
  );
}

/** Prepared inputs depend on layers that an adapter changes. Prepare them again with the same context. */
export function staleInputError(names: readonly string[]) {
  return failure(
    "GRAPH_INPUT_STALE",
    `${listed(names)} depend on layers that are adapted or merged in this call, so earlier values cannot replace ` +
      "them. Prepare the inputs again, with the same context.",
    { names },
  );
}

/** The host was used after `dispose()`. Call `graphModel(model)` again. */
export function hostDisposedError() {
  return failure("HOST_DISPOSED", "This host was disposed of. Call graphModel(model) again to adapt the model.", {});
}

/** The host still has attached adapters. Dispose of their handles first. */
export function hostInUseError(adapters: readonly string[]) {
  return failure("HOST_IN_USE", `Adapters are attached: ${listed(adapters)}. Dispose of their handles first.`, {
    adapters,
  });
}

/** A graph model's file cannot store attached adapters. Merge them, or dispose of their handles. */
export function unmergedAdapterError(adapters: readonly string[]) {
  return failure(
    "HOST_UNMERGED",
    `Adapters are attached: ${listed(adapters)}. Merge them (mergeAdapter of @lowrank/merge) to save the adapted model, or dispose of their handles to save the original model.`,
    { adapters },
  );
}

function lineOf({ node, op }: NamedNode): string {
  return `"${printable(node)}" (${printable(op)})`;
}
