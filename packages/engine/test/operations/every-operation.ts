// The table of operations: one row each. A new operation is tested in every way by its row here.

import { activations } from "./activations.ts";
import { attentions } from "./attention.ts";
import { linearOperations } from "./linear.ts";
import { losses } from "./losses.ts";
import { normalizations } from "./normalization.ts";
import type { OperationCase } from "./operation-case.ts";
import { placements } from "./placement.ts";
import { recomputedBlocks } from "./recomputed.ts";

export const everyOperation: readonly OperationCase[] = [
  ...linearOperations,
  ...normalizations,
  ...activations,
  ...placements,
  ...attentions,
  ...losses,
  ...recomputedBlocks,
];
