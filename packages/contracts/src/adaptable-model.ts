// What an injector needs to know of a model, and all that it may know.

import type { ParameterRef } from "./parameter.ts";
import type { Site } from "./site.ts";

/** A model with doors. Our own models, any LayersModel and any GraphModel can be one. */
export interface AdaptableModel {
  /** transformers' `model_type` ("llama"), by which default targets are looked up; absent for foreign models. */
  readonly modelType?: string;
  sites(): readonly Site[];
  parameters(): readonly ParameterRef[];
  /** Whether its calls tell where states stand in their texts (`ForwardContext.places`), as adapters need that act from certain tokens on. */
  readonly givesPlaces?: boolean;
  /** Of a model made by `withLayers`: which of its base's layers each of its own repeats. */
  readonly layerOrder?: readonly number[];
  /** Of a model made by `withVocabulary`: how many tokens its base knows. */
  readonly resizedFrom?: number;
  /** Parts that its files have and that are not computed ("vision_tower."): adapters of them are refused by this name. */
  readonly partsLeftOut?: readonly string[];
  /**
   * Layer replication: a model whose layers repeat those that `order` lists. The frozen weights are shared, not copied;
   * doors and paths are its own.
   */
  withLayers?(order: readonly number[]): AdaptableModel;
}
