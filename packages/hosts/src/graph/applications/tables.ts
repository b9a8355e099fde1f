// Tables whose rows are looked up.

import type { GraphNode } from "../reading/graph.ts";
import { type Application, asItIs, type Constants, type Refusal, refusal } from "./application.ts";

/** GatherV2 and Gather from a constant of floats. */
export function recogniseTable(node: GraphNode, constants: Constants): Application | Refusal | undefined {
  const [table, ids] = node.inputs;
  const constant = constants.find(table);
  if (constant === undefined || ids === undefined || constant.dtype !== "float32") return undefined;
  const { name: weight, shape } = constant;
  const [rows = 0, width = 0] = shape;
  if (shape.length !== 2) return refusal(node, weight, `its table has ${shape.length} axes in place of two`);
  const axis = node.inputs[2] === undefined ? 0 : constants.find(node.inputs[2])?.value;
  if (axis !== 0) return refusal(node, weight, "it does not look up whole rows (axis 0)");
  if (node.attributes.number("batch_dims", 0) !== 0)
    return refusal(node, weight, "each row of its batch has its own table");
  return {
    node: node.name,
    weight,
    shape: { kind: "embedding", rows, width },
    input: ids,
    enter: asItIs,
    retrace: asItIs,
    leave: asItIs,
  };
}
