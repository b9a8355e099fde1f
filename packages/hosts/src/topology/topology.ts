// The structure of a host model as lines of text. Adapters store them, so that an adapter of another model is refused, with the
// lines that differ.

import { itemized } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** One line for each layer or node: its name, class, shapes of weights and inputs. */
export type Topology = readonly string[];

/** The key of the topology in the header of an adapter's file. */
export const topologyKey = "lowrank_topology";

/**
 * A hash of a topology: "lowrank-host-1:" and 16 hexadecimal digits (64-bit FNV-1a). It identifies the structure, not the values of
 * the weights.
 *
 * @example
 * ```ts
 * import { topologyFingerprint } from "@lowrank/hosts";
 *
 * const one = topologyFingerprint(["dense Dense kernel[4,3] < input"]);
 * if (one === topologyFingerprint(["dense Dense kernel[4,2] < input"])) throw new Error("another width is another base");
 * ```
 */
export function topologyFingerprint(topology: Topology): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(topology.join("\n")))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return `lowrank-host-1:${hash.toString(16).padStart(16, "0")}`;
}

/** The adapter was trained on a model with other layers, and nothing was changed. Load the model that it was trained on. */
function otherTopologyError(
  /** Lines of the adapter's base that this model lacks. */
  missing: Topology /** Lines of this model that the adapter's base lacks. */,
  added: Topology,
) {
  const lines = [...missing.map((line) => `- ${printable(line)}`), ...added.map((line) => `+ ${printable(line)}`)];
  return failure(
    "ADAPTER_FOR_ANOTHER_TOPOLOGY",
    `This adapter was trained on a model with other layers ("-": only that model, "+": only this model). Load the ` +
      `model that it was trained on.${itemized(lines)}`,
    { missing, added },
  );
}

/** Throws ADAPTER_FOR_ANOTHER_TOPOLOGY with all lines that only one of the two has. The order does not matter. */
export function checkTopology(adapters: Topology, models: Topology): void {
  const missing = withoutAll(adapters, models);
  const added = withoutAll(models, adapters);
  if (missing.length + added.length > 0) throw otherTopologyError(missing, added);
}

function withoutAll(lines: Topology, others: Topology): Topology {
  const otherLines = new Set(others);
  return lines.filter((line) => !otherLines.has(line));
}
