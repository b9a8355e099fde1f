// What an injector needs to know of a model, and all that it may know.

import type { ParameterRef } from "./parameter.ts";
import type { Site } from "./site.ts";

/** A model with doors. Our own models, any LayersModel and any GraphModel can be one. */
export interface AdaptableModel {
  /** transformers' `model_type` ("llama"), by which default targets are looked up; absent for foreign models. */
  readonly modelType?: string;
  sites(): readonly Site[];
  parameters(): readonly ParameterRef[];
  /** Layer replication: the same frozen weights under new paths. */
  withLayers?(order: readonly number[]): AdaptableModel;
}
