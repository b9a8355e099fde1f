// A model without tensors: its parts, and the tensors that its files must contain.

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

/** The parts of a model; `loadModel` and `loadGguf` fill them in. */
export interface ModelAssembly {
  readonly config: ModelConfig;
  readonly task: Task;
  readonly parts: readonly Part[];
  readonly backbone: Backbone;
  readonly head: Head;
  /** Parameters that were missing in the files and initialized. */
  readonly newParameters: readonly string[];
  /** Identifies this base: "lowrank-1:" and 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly generation: GenerationDefaults;
  /** For a model with repeated layers: the base's layer that each repeats. */
  readonly layerOrder?: readonly number[];
  /** For a model with a resized vocabulary: the number of tokens in its files. */
  readonly resizedFrom?: number;
}
