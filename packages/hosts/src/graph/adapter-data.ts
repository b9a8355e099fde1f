// Attaches adapters from PEFT's files to a graph. The nodes of the graph identify the base model.

import type { Adapter } from "@lowrank/adapter-format";
import type { AdapterHandle, AttachOptions } from "@lowrank/inject";
import { attachTo } from "../topology/adapter-data.ts";
import type { GraphHost } from "./graph-host.ts";

/**
 * Attaches an adapter that was read from files, by the names of the constants.
 *
 * @throws ADAPTER_FOR_ANOTHER_TOPOLOGY with every node that differs, unless `allowDifferentBase` is true; what `attachAdapter` throws. The host is
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
  return attachTo(host, adapter, options);
}
