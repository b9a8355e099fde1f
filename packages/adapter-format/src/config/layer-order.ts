// `layer_replication`: ranges [start, end) of a base's layers, one after the other, make up the stack that is adapted.

import type { LoraConfig } from "../lora-config.ts";

/** No model has as many layers; a file must not make us count to a billion. */
const mostLayers = 10_000;

/**
 * Which layer of the base each layer of the adapted model repeats, or null if the configuration repeats none.
 *
 * @example
 * ```ts
 * import { createLoraConfig, layerOrderOf } from "@lowrank/adapter-format";
 *
 * const config = createLoraConfig({ layerReplication: [[0, 2], [1, 3]], targetModules: ["q_proj"] });
 * if (String(layerOrderOf(config)) !== "0,1,1,2") throw new Error("wrong order");
 * ```
 */
export function layerOrderOf({ layerReplication }: Pick<LoraConfig, "layerReplication">): readonly number[] | null {
  if (!layerReplication?.length) return null;
  return layerReplication.flatMap(([start = 0, end = 0]) =>
    Array.from({ length: end - start }, (_, index) => start + index),
  );
}

/** Whether every entry is a range of layers, none of them empty. */
export function areLayerRanges(ranges: readonly (readonly number[])[]): boolean {
  let count = 0;
  return ranges.every((range) => {
    const [start = 0, end = 0] = range;
    count += end - start;
    return range.length === 2 && start < end && count <= mostLayers;
  });
}
