// What variants have beside a pair, as tensors of an adapter file.

import { reshapedLayout } from "@lowrank/math";
import type { PlannedSite } from "../planned/planned-parts.ts";
import type { OwnVectors } from "../variants/adaptation-of.ts";
import type { AdapterVariable } from "./adapter-part.ts";

/** One for each vector of a layer, in the order of files. */
export function vectorTensors(
  { vectors, fileShapes }: Pick<PlannedSite, "vectors" | "fileShapes">,
  variables: OwnVectors,
): readonly AdapterVariable[] {
  return [...vectors].flatMap(([variant, key]): AdapterVariable[] => {
    const variable = variables.get(variant);
    if (variable === undefined) return [];
    const layout = reshapedLayout(variable.shape, fileShapes.get(key) ?? variable.shape);
    return [{ key, variable, layout, isTrained: true }];
  });
}
