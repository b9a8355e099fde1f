// Operations that TensorFlow.js runs only in executeAsync (tfjs-converter 4.22, executor/model_analysis.ts).

import type { GraphNode } from "../reading/graph.ts";

const dynamic: ReadonlySet<string> = new Set([
  ...["Switch", "Merge", "Enter", "Exit", "NextIteration", "StatelessIf", "StatelessWhile", "if", "While"],
  ...["NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV5", "Where"],
  ...["HashTable", "HashTableV2", "LookupTableImport", "LookupTableImportV2"],
  ...["LookupTableFind", "LookupTableFindV2", "LookupTableSize", "LookupTableSizeV2"],
]);

/** Whether a node is control flow, or makes a shape that depends on values. */
export function isDynamic({ op }: GraphNode): boolean {
  return dynamic.has(op);
}
