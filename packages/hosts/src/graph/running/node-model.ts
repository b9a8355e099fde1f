// Some nodes of a graph as a separate graph model, which TensorFlow.js runs. All values from other nodes, weights included, are its
// inputs, so that it owns no tensor.

import { type GraphModel, loadGraphModelSync } from "@tensorflow/tfjs-converter";
import type * as tf from "@tensorflow/tfjs-core";
import type { Graph, GraphNode, NodeDefinition, Reference } from "../reading/graph.ts";

type Read = (reference: Reference) => tf.Tensor;

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
    const node = [...placeholders, ...nodes.map((original) => this.#rewired(original))];
    this.#model = loadGraphModelSync(asHandler({ node, library, versions: { producer: 1, minConsumer: 1 } }));
  }

  /** The wanted outputs of the nodes, in order; the caller owns the tensors. */
  run(read: Read): readonly tf.Tensor[] {
    return [this.#model.execute(this.#feeds(read), [...this.makes])].flat();
  }

  /** The same with control flow and shapes that depend on values. */
  async runAsync(read: Read): Promise<readonly tf.Tensor[]> {
    return [await this.#model.executeAsync(this.#feeds(read), [...this.makes])].flat();
  }

  #feeds(read: Read): tf.NamedTensorMap {
    return Object.fromEntries([...this.#inputs].map(([reference, name]) => [name, read(reference)]));
  }

  #rewired({ definition, inputs }: GraphNode): NodeDefinition {
    return { ...definition, input: inputs.map((reference) => this.#inputs.get(reference) ?? reference) };
  }
}

function asHandler(modelTopology: object) {
  return { load: () => ({ modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0) }) };
}
