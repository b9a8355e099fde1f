// A model without any tensor: what it is made of and what its files must hold.

import type { ModelConfig, Task } from "@lowrank/contracts/families";
import type { Part } from "@lowrank/engine/hook-points";
import { architectureFor } from "../architectures/architectures.ts";
import type { GenerationDefaults } from "../folder/generation-defaults.ts";
import type { Head } from "../heads/head.ts";
import type { Backbone } from "../parts/backbone/backbone.ts";
import { type ModelPlan, PartList } from "../parts/part-list.ts";

export interface ModelOutline {
  readonly plan: ModelPlan;
  readonly backbone: Backbone;
  readonly head: Head;
  /** In module order. */
  readonly parts: readonly Part[];
}

export function outlineModel(plan: ModelPlan): ModelOutline {
  const list = new PartList(plan);
  const architecture = architectureFor(plan.config.modelType);
  const backbone = architecture.backbone(list);
  const head = architecture.head(list, backbone);
  return { plan, backbone, head, parts: list.parts };
}

// The pieces of a model: loading makes them, and models with another number of layers or tokens are made from them.

/** What a model is made of; `loadModel` and `loadGguf` fill it in. */
export interface ModelAssembly {
  readonly config: ModelConfig;
  readonly task: Task;
  readonly parts: readonly Part[];
  readonly backbone: Backbone;
  readonly head: Head;
  /** Parameters that no file held and that were made new. */
  readonly newParameters: readonly string[];
  /** Tells this base from others: "lowrank-1:" and 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly generation: GenerationDefaults;
  /** Of a model with repeated layers: which of its base's layers each repeats. */
  readonly layerOrder?: readonly number[];
  /** Of a model with a vocabulary of another size: how many tokens its files know. */
  readonly resizedFrom?: number;
}
