// Attaches adapters from files to a tf.LayersModel, by the names of its layers.

import type { Adapter } from "@lowrank/adapter-format";
import type { AdapterHandle, AttachOptions } from "@lowrank/inject";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { attachTo } from "../topology/adapter-data.ts";
import { layersModel } from "./layers-model.ts";

/**
 * Attaches an adapter that was read from files, by the names of the layers.
 *
 * @throws ADAPTER_FOR_ANOTHER_TOPOLOGY with every layer that differs, unless `allowDifferentBase` is true; what `attachAdapter` throws. The
 * model is unchanged then.
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { attachLora } from "@lowrank/hosts/layers";
 * import type { LayersModel } from "@tensorflow/tfjs-layers";
 *
 * export function use(model: LayersModel, adapter: Adapter) {
 *   return attachLora(model, adapter, { name: "night" });
 * }
 * ```
 */
export function attachLora(model: LayersModel, adapter: Adapter, options: AttachOptions = {}): AdapterHandle {
  return attachTo(layersModel(model), adapter, options);
}
