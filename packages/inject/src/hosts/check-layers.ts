// Layer replication is done to the model before an adapter is attached (`model.withLayers`): paths then mean the new layers.

import { type LoraConfig, layerOrderOf } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { LayerReplicationError } from "../errors/errors.ts";

/** Throws LayerReplicationError unless the model repeats the layers that the configuration repeats. */
export function checkLayers({ layerOrder }: AdaptableModel, config: LoraConfig): void {
  const wanted = layerOrderOf(config);
  if ((layerOrder ?? null)?.join() !== wanted?.join()) throw new LayerReplicationError(layerOrder ?? null, wanted);
}
