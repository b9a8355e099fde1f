// Adapters of graphs in the form of PEFT's files. What they were trained on is told by the nodes of the graph.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterHandle, type AttachOptions, attachAdapter } from "@lowrank/inject";
import { checkTopology, topologyKey } from "../topology/topology.ts";
import { GraphHost } from "./graph-host.ts";

/**
 * An adapter of a graph as plain data, for `writeAdapter` of `@lowrank/adapter-format`: its tensors, its configuration, and the nodes
 * of the graph that it was trained on.
 *
 * @throws HandleDisposedError
 *
 * @example
 * ```ts
 * import { writeAdapterFolder } from "@lowrank/adapter-format/node";
 * import { loraOf } from "@lowrank/hosts/graph";
 * import type { AdapterHandle } from "@lowrank/inject";
 *
 * export async function save(handle: AdapterHandle, folder: string): Promise<void> {
 *   await writeAdapterFolder(folder, await loraOf(handle));
 * }
 * ```
 */
export async function loraOf(handle: AdapterHandle): Promise<Adapter> {
  const { model } = handle;
  const topology: [string, string][] = model instanceof GraphHost ? [[topologyKey, model.topology.join("\n")]] : [];
  return handle.toAdapter({ metadata: new Map(topology) });
}

/**
 * Attaches an adapter that was read from files, by the names of the constants.
 *
 * @throws OtherTopologyError with every node that differs, unless `allowDifferentBase` is true; what `attachAdapter` throws. The host is
 * unchanged then.
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { attachLora, type GraphHost } from "@lowrank/hosts/graph";
 *
 * export function use(host: GraphHost, adapter: Adapter) {
 *   return attachLora(host, adapter, { name: "night" });
 * }
 * ```
 */
export function attachLora(host: GraphHost, adapter: Adapter, options: AttachOptions = {}): AdapterHandle {
  const topology = adapter.metadata.get(topologyKey);
  if (topology !== undefined && !options.allowDifferentBase) checkTopology(topology.split("\n"), host.topology);
  return attachAdapter(host, adapter, { baseFingerprint: host.fingerprint, ...options });
}
