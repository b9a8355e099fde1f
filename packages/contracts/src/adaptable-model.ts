// The interface of a model that adapters can be attached to. `@lowrank/inject` uses nothing else of a model.

import type { ParameterRef } from "./parameter.ts";
import type { Site } from "./site.ts";

/** A model with hook points: our own models, any LayersModel and any GraphModel. */
export interface AdaptableModel {
  /** transformers' `model_type` ("llama"), which selects default targets; absent for foreign models. */
  readonly modelType?: string;
  sites(): readonly Site[];
  parameters(): readonly ParameterRef[];
  /** Whether its forward pass sets `ForwardContext.places`: the position of each state in its text. */
  readonly knowsTokenPositions?: boolean;
  /** For a model made by `withLayers`: the base layer that each layer repeats. */
  readonly layerOrder?: readonly number[];
  /** For a model made by `withVocabulary`: the vocabulary size of its base. */
  readonly resizedFrom?: number;
  /** Parts of its files that are not computed ("vision_tower."): adapters of them are refused. */
  readonly partsLeftOut?: readonly string[];
  /**
   * Layer replication: a model whose layers repeat the layers listed in `order`. It shares the frozen weights, but has hook points
   * and paths of its own.
   */
  withLayers?(order: readonly number[]): AdaptableModel;
}
