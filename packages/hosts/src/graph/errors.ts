// What can go wrong with a GraphModel as a host, each failure with its facts as fields.

import { itemized, LowrankError, listed, printable } from "@lowrank/contracts";

/** What was given is no tf.GraphModel that was loaded. */
export class UnreadableGraphError extends LowrankError {
  constructor() {
    super(
      "GRAPH_UNREADABLE",
      "graphModel expects a tf.GraphModel that was loaded (await tf.loadGraphModel(…)) by @tensorflow/tfjs-converter 4.22: " +
        "this one has no graph to walk.",
    );
  }
}

/** A graph whose weights were not loaded, or were disposed of. */
export class GraphWithoutWeightsError extends LowrankError {
  constructor(readonly constants: readonly string[]) {
    super(
      "GRAPH_WITHOUT_WEIGHTS",
      `The graph has no values for ${listed(constants)}. Load the model with all of its weight files.`,
    );
  }
}

/** An input or an output that the graph has not, or an input that was not given. */
export class GraphNameError extends LowrankError {
  constructor(
    readonly problem: "unknown" | "missing",
    readonly names: readonly string[],
    readonly expected: readonly string[],
  ) {
    const what = problem === "unknown" ? "The graph has no node" : "The graph also needs an input";
    super("GRAPH_NAME", `${what} ${listed(names)}. Its inputs are ${listed(expected)}.`);
  }
}

/** Node and kind of operation. */
export interface NamedNode {
  readonly node: string;
  readonly op: string;
}

/** Between an adapter and the result stand nodes through which no gradient passes. */
export class GraphGradientError extends LowrankError {
  constructor(readonly nodes: readonly NamedNode[]) {
    super(
      "GRAPH_WITHOUT_GRADIENT",
      "No gradient passes from the result to the adapted layers: TensorFlow.js has none for the nodes below. Adapt layers " +
        `behind them only, or ask for another output.${itemized(nodes.map(told))}`,
    );
  }
}

/** Nodes that only an asynchronous call can run. */
export class DynamicNodeError extends LowrankError {
  constructor(
    readonly nodes: readonly NamedNode[],
    /** Whether what they compute depends on an adapted layer. */
    readonly isAdapted: boolean,
  ) {
    super(
      "GRAPH_DYNAMIC",
      isAdapted
        ? "Control flow or shapes that depend on values stand behind an adapted layer, where TensorFlow.js can run them in " +
            `executeAsync alone, without gradients. Adapt layers behind them only.${itemized(nodes.map(told))}`
        : "The graph has control flow or shapes that depend on values. Compute what stands before the adapted layers with " +
            `\`await host.prepare(inputs)\` and execute with what that gives.${itemized(nodes.map(told))}`,
    );
  }
}

/** What was prepared without an adapter stands behind a layer that the adapter changes. */
export class StaleInputError extends LowrankError {
  constructor(readonly names: readonly string[]) {
    super(
      "GRAPH_INPUT_STALE",
      `${listed(names)} depend on layers that are adapted or merged in this call, so values computed before cannot stand for ` +
        "them. Prepare the inputs again, with the same context.",
    );
  }
}

/** A host was used after `dispose()`. */
export class HostDisposedError extends LowrankError {
  constructor() {
    super("HOST_DISPOSED", "This host was disposed of. Call graphModel(model) again to adapt the model.");
  }
}

/** A host was to be disposed of with adapters on it. */
export class HostInUseError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super(
      "HOST_IN_USE",
      `Adapters are attached: ${listed(adapters)}. Dispose of their handles first, so that none is left on a model that is gone.`,
    );
  }
}

/** A model was to be saved while adapters are attached, which no file of it could hold. */
export class UnmergedAdapterError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super(
      "HOST_UNMERGED",
      `Adapters are attached: ${listed(adapters)}. Merge them (mergeAdapter of @lowrank/merge) to save the model with what they learnt, or dispose of their handles to save it as it was loaded.`,
    );
  }
}

function told({ node, op }: NamedNode): string {
  return `"${printable(node)}" (${printable(op)})`;
}
