// Finds out which nodes let gradients through. There is no list of operations with gradients, so the first run under a tape checks
// it: an operation that was recorded without a gradient blocks gradients.

import { withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Application } from "../applications/application.ts";
import { graphGradientError, type NamedNode } from "../errors.ts";
import { type Graph, nodeOfReference, type Reference } from "../reading/graph.ts";
import { readsOf, type StagePlan } from "./plan-stages.ts";

/** "stops": the node's values are not floats, so they are constants for the gradient. "blocks": they are floats without a gradient. */
export type Passage = "passes" | "stops" | "blocks";

/** Remembers which nodes let gradients through. */
export class NodeGradients {
  readonly #passages = new Map<string, Passage>();

  of(node: string): Passage | undefined {
    return this.#passages.get(node);
  }

  /** Runs one node under the tape and remembers what it recorded. Values that stop gradients are returned detached from the tape. */
  watch(node: string, run: () => readonly tf.Tensor[]): readonly tf.Tensor[] {
    const tape = tf.engine().state.activeTape ?? [];
    const before = tape.length;
    const values = run();
    const isFloat = values.some(({ dtype }) => dtype === "float32");
    const recorded = tape.slice(before).filter(({ inputs }) => Object.values(inputs).some(hasFloats));
    const isBlocked = recorded.some(({ gradient, outputs }) => gradient === undefined && outputs.some(hasFloats));
    this.#passages.set(node, isFloat ? (isBlocked ? "blocks" : "passes") : "stops");
    return isFloat ? values : values.map(cutOff);
  }

  /** @throws GRAPH_WITHOUT_GRADIENT naming every node that blocks gradients between the wanted values and a site of the plan */
  refuseBlocked(
    graph: Graph,
    { stages }: StagePlan,
    wanted: readonly Reference[],
    applications: ReadonlyMap<string, Application>,
  ): void {
    const reached = new Set(
      stages.flatMap((stage) =>
        stage.kind === "nodes" ? stage.nodes.map(({ name }) => name) : [stage.application.node],
      ),
    );
    const blocked: NamedNode[] = [];
    const open = wanted.map(nodeOfReference);
    const seen = new Set<string>();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const node = graph.nodes.get(name);
      if (node === undefined || seen.has(name) || !reached.has(name)) continue;
      seen.add(name);
      const passage = this.#passages.get(name);
      if (passage === "blocks") blocked.push({ node: name, op: node.op });
      if (passage !== "stops" && passage !== "blocks") open.push(...readsOf(node, applications).map(nodeOfReference));
    }
    if (blocked.length > 0) throw graphGradientError(blocked);
  }
}

function hasFloats({ dtype }: tf.Tensor): boolean {
  return dtype === "float32";
}

function cutOff(tensor: tf.Tensor): tf.Tensor {
  const same = withoutTape(() => tf.clone(tensor));
  tensor.dispose();
  return same;
}
