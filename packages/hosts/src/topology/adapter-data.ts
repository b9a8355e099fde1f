// Adapters of host models in PEFT's file format. A topology identifies the model that they were trained on.

import type { Adapter } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { type AdapterHandle, type AttachOptions, attachAdapter } from "@lowrank/inject";
import { checkTopology, type Topology, topologyKey } from "./topology.ts";

/**
 * An adapter of a graph or a LayersModel as plain data for `writeAdapter` of `@lowrank/adapter-format`: its tensors, its
 * configuration, and the topology of its base model.
 *
 * @throws HANDLE_DISPOSED
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
  const { topology } = handle.model as AdaptableModel & { readonly topology?: Topology };
  return handle.toAdapter({ metadata: new Map(topology && [[topologyKey, topology.join("\n")]]) });
}

/** Throws ADAPTER_FOR_ANOTHER_TOPOLOGY, unless `allowDifferentBase` is true, and what `attachAdapter` throws. */
export function attachTo(
  host: AdaptableModel & { readonly topology: Topology; readonly fingerprint: string },
  adapter: Adapter,
  options: AttachOptions,
): AdapterHandle {
  const topology = adapter.metadata.get(topologyKey);
  if (topology !== undefined && !options.allowDifferentBase) checkTopology(topology.split("\n"), host.topology);
  return attachAdapter(host, adapter, { baseFingerprint: host.fingerprint, ...options });
}
