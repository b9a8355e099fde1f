// A model without any tensor: what it is made of and what its files must hold.

import type { Part } from "@lowrank/engine/doors";
import { architectureFor } from "../architectures/architectures.ts";
import type { Head } from "../heads/head.ts";
import { type ModelPlan, PartList } from "../parts/part-list.ts";
import type { Trunk } from "../parts/trunk/trunk.ts";

export interface ModelOutline {
  readonly plan: ModelPlan;
  readonly trunk: Trunk;
  readonly head: Head;
  /** In module order. */
  readonly parts: readonly Part[];
}

export function outlineModel(plan: ModelPlan): ModelOutline {
  const list = new PartList(plan);
  const architecture = architectureFor(plan.config.modelType);
  const trunk = architecture.trunk(list);
  const head = architecture.head(list, trunk);
  return { plan, trunk, head, parts: list.parts };
}
