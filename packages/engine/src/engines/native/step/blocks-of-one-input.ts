// Which of a plan's products with matrices of blocks have one input – queries, keys and values; a gate and what it lets through –
// and are made together.

import type { BlockMatrix } from "../../../packed/packed-matrix.ts";
import type { StepNode } from "../../../step/step-plan.ts";

export type LinearNode = Extract<StepNode, { op: "linear" }>;

/** Several products; the first that is asked for makes all. */
export class JoinedProducts {
  #products: readonly string[] | undefined;

  constructor(
    private readonly nodes: readonly LinearNode[],
    private readonly matrices: readonly BlockMatrix[],
  ) {}

  productOf(node: LinearNode, make: (matrices: readonly BlockMatrix[]) => readonly string[] | undefined) {
    this.#products ??= make(this.matrices);
    return this.#products?.[this.nodes.indexOf(node)];
  }
}

export function blocksOfOneInput(nodes: readonly StepNode[]): ReadonlyMap<LinearNode, JoinedProducts> {
  const byInput = new Map<number, { readonly nodes: LinearNode[]; readonly matrices: BlockMatrix[] }>();
  for (const node of nodes) {
    const factor = node.op === "linear" ? node.weight.stepFactor : undefined;
    if (node.op !== "linear" || factor?.kind !== "blocks") continue;
    const group = byInput.get(node.x) ?? { nodes: [], matrices: [] };
    group.nodes.push(node);
    group.matrices.push(factor.matrix);
    byInput.set(node.x, group);
  }
  const groups = [...byInput.values()].filter((group) => group.nodes.length > 1);
  return new Map(
    groups.flatMap((group) => {
      const joined = new JoinedProducts(group.nodes, group.matrices);
      return group.nodes.map((node): [LinearNode, JoinedProducts] => [node, joined]);
    }),
  );
}
