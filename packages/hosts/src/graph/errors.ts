// Errors of graph models as hosts, with their facts as fields.

import { itemized, LowrankError, listed, printable } from "@lowrank/contracts";

/** The value is not a loaded `tf.GraphModel`. Load it with `tf.loadGraphModel` of tfjs-converter 4.22. */
export class UnreadableGraphError extends LowrankError {
  constructor() {
    super(
      "GRAPH_UNREADABLE",
      "graphModel needs a tf.GraphModel that was loaded (await tf.loadGraphModel(…)) by @tensorflow/tfjs-converter 4.22: " +
        "this one has no graph.",
    );
  }
}

/** The graph's weights were not loaded, or were disposed of. Load the model with all of its weight files. */
export class GraphWithoutWeightsError extends LowrankError {
  constructor(readonly constants: readonly string[]) {
    super(
      "GRAPH_WITHOUT_WEIGHTS",
      `The graph has no values for ${listed(constants)}. Load the model with all of its weight files.`,
    );
  }
}

/** The graph has no such input or output, or an input is missing. Use the names in the message. */
export class GraphNameError extends LowrankError {
  constructor(
    readonly problem: "unknown" | "missing",
    readonly names: readonly string[],
    readonly expected: readonly string[],
  ) {
    const problemText = problem === "unknown" ? "The graph has no node" : "The graph also needs an input";
    super("GRAPH_NAME", `${problemText} ${listed(names)}. Its inputs are ${listed(expected)}.`);
  }
}

/** Node and kind of operation. */
export interface NamedNode {
  readonly node: string;
  readonly op: string;
}

/** Nodes between an adapter and the result have no gradient. Adapt only layers after them, or choose another output. */
export class GraphGradientError extends LowrankError {
  constructor(readonly nodes: readonly NamedNode[]) {
    super(
      "GRAPH_WITHOUT_GRADIENT",
      "There is no gradient from the result to the adapted layers: TensorFlow.js has none for these nodes. Adapt layers " +
        `after them only, or choose another output.${itemized(nodes.map(lineOf))}`,
    );
  }
}

/** The graph has control flow or shapes that depend on values. Compute the part before the adapted layers with `host.prepare`. */
export class DynamicNodeError extends LowrankError {
  constructor(
    readonly nodes: readonly NamedNode[],
    /** Whether their results depend on an adapted layer. */
    readonly isAdapted: boolean,
  ) {
    super(
      "GRAPH_DYNAMIC",
      isAdapted
        ? "Control flow or shapes that depend on values come after an adapted layer, where TensorFlow.js runs them in " +
            `executeAsync only, without gradients. Adapt layers after them only.${itemized(nodes.map(lineOf))}`
        : "The graph has control flow or shapes that depend on values. Compute the part before the adapted layers with " +
            `\`await host.prepare(inputs)\` and execute with its result.${itemized(nodes.map(lineOf))}`,
    );
  }
}

/** Prepared inputs depend on layers that an adapter changes. Prepare them again with the same context. */
export class StaleInputError extends LowrankError {
  constructor(readonly names: readonly string[]) {
    super(
      "GRAPH_INPUT_STALE",
      `${listed(names)} depend on layers that are adapted or merged in this call, so earlier values cannot replace ` +
        "them. Prepare the inputs again, with the same context.",
    );
  }
}

/** The host was used after `dispose()`. Call `graphModel(model)` again. */
export class HostDisposedError extends LowrankError {
  constructor() {
    super("HOST_DISPOSED", "This host was disposed of. Call graphModel(model) again to adapt the model.");
  }
}

/** The host still has attached adapters. Dispose of their handles first. */
export class HostInUseError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super("HOST_IN_USE", `Adapters are attached: ${listed(adapters)}. Dispose of their handles first.`);
  }
}

/** A graph model's file cannot store attached adapters. Merge them, or dispose of their handles. */
export class UnmergedAdapterError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super(
      "HOST_UNMERGED",
      `Adapters are attached: ${listed(adapters)}. Merge them (mergeAdapter of @lowrank/merge) to save the adapted model, or dispose of their handles to save the original model.`,
    );
  }
}

function lineOf({ node, op }: NamedNode): string {
  return `"${printable(node)}" (${printable(op)})`;
}
