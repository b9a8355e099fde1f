// Some nodes of a graph as a graph model of their own, which TensorFlow.js runs with all that it knows of operations. What the
// nodes read from elsewhere, weights too, are its inputs, so that it holds no tensor.

import { type GraphModel, loadGraphModelSync } from "@tensorflow/tfjs-converter";
import type * as tf from "@tensorflow/tfjs-core";
import type { Graph, GraphNode, NodeDefinition, Reference } from "../reading/graph.ts";

/** How values are found by reference. */
export type Read = (reference: Reference) => tf.Tensor;

/** Runs some nodes. */
export class NodeModel {
  readonly #model: GraphModel<ReturnType<typeof asHandler>>;
  readonly #inputs: ReadonlyMap<Reference, string>;

  constructor(
    { library }: Pick<Graph, "library">,
    nodes: readonly GraphNode[],
    reads: readonly Reference[],
    private readonly makes: readonly Reference[],
  ) {
    this.#inputs = new Map(reads.map((reference, index) => [reference, `lowrank/input_${index}`]));
    const placeholders = [...this.#inputs.values()].map((name) => ({ name, op: "Placeholder", attr: {} }));
    const node = [...placeholders, ...nodes.map((one) => this.#rewired(one))];
    this.#model = loadGraphModelSync(asHandler({ node, library, versions: { producer: 1, minConsumer: 1 } }));
  }

  /** What the nodes make, in the order asked for; the caller owns the tensors. */
  run(read: Read): readonly tf.Tensor[] {
    return [this.#model.execute(this.#given(read), [...this.makes])].flat();
  }

  /** The same with control flow and shapes that depend on values. */
  async runAsync(read: Read): Promise<readonly tf.Tensor[]> {
    return [await this.#model.executeAsync(this.#given(read), [...this.makes])].flat();
  }

  #given(read: Read): tf.NamedTensorMap {
    return Object.fromEntries([...this.#inputs].map(([reference, name]) => [name, read(reference)]));
  }

  #rewired({ definition, inputs }: GraphNode): NodeDefinition {
    return { ...definition, input: inputs.map((reference) => this.#inputs.get(reference) ?? reference) };
  }
}

function asHandler(modelTopology: object) {
  return { load: () => ({ modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0) }) };
}
