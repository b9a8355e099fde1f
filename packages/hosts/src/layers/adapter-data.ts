// Adapters of guests in the form of PEFT's files. What they were trained on is told by how it is built.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterHandle, type AttachOptions, attachAdapter } from "@lowrank/inject";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { checkTopology, topologyKey } from "../topology/topology.ts";
import { LayersHost } from "./layers-host.ts";
import { layersModel } from "./layers-model.ts";

/**
 * An adapter of a LayersModel as plain data, for `writeAdapter` of `@lowrank/adapter-format`: its tensors, its configuration, and
 * how the model is built that it was trained on.
 *
 * @throws HandleDisposedError
 *
 * @example
 * ```ts
 * import { writeAdapterFolder } from "@lowrank/adapter-format/node";
 * import { enableLora, loraOf } from "@lowrank/hosts/layers";
 * import type { LayersModel } from "@tensorflow/tfjs-layers";
 *
 * export async function save(model: LayersModel, folder: string): Promise<void> {
 *   const handle = enableLora(model, { rank: 8 });
 *   await writeAdapterFolder(folder, await loraOf(handle));
 * }
 * ```
 */
export async function loraOf(handle: AdapterHandle): Promise<Adapter> {
  const { model } = handle;
  const topology: [string, string][] = model instanceof LayersHost ? [[topologyKey, model.topology.join("\n")]] : [];
  return handle.toAdapter({ metadata: new Map(topology) });
}

/**
 * Attaches an adapter that was read from files, by the names of the layers.
 *
 * @throws OtherTopologyError with every layer that differs, unless `allowDifferentBase` is true; what `attachAdapter` throws. The
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
  const host = layersModel(model);
  const topology = adapter.metadata.get(topologyKey);
  if (topology !== undefined && !options.allowDifferentBase) checkTopology(topology.split("\n"), host.topology);
  return attachAdapter(host, adapter, { baseFingerprint: host.fingerprint, ...options });
}
