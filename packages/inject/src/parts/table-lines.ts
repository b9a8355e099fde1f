// Lines of a plan's table: layer, count, shape, rank, scaling, parameters.

import type { PlannedParameter, PlannedSite } from "../planned/planned-parts.ts";

/** The fields of a layer or raw parameter that a line shows. */
type Adapted = Pick<PlannedSite, "path" | "inFeatures" | "outFeatures" | "rank" | "scaling" | "parameters">;

/** A line for each group of layers or raw parameters that differ only by a number in their paths. */
export function matrixLines(entries: readonly Adapted[]): readonly string[][] {
  const groups = new Map<string, { readonly first: Adapted; count: number; parameters: number }>();
  for (const entry of entries) {
    const { inFeatures, outFeatures, rank, scaling } = entry;
    const key = [withoutNumbers(entry.path), inFeatures, outFeatures, rank, scaling].join(" ");
    const group = groups.get(key) ?? { first: entry, count: 0, parameters: 0 };
    group.count += 1;
    group.parameters += entry.parameters;
    groups.set(key, group);
  }
  return [...groups.values()].map(({ first, count, parameters }) => [
    withoutNumbers(first.path),
    String(count),
    `${first.inFeatures} → ${first.outFeatures}`,
    String(first.rank),
    String(Number(first.scaling.toPrecision(4))),
    withCommas(parameters),
  ]);
}

/** A line for each group of weights that are trained in full. */
export function wholeLines(planned: readonly PlannedParameter[]): readonly string[][] {
  const groups = new Map<string, { count: number; readonly shape: string; parameters: number }>();
  for (const { path, shape, parameters } of planned) {
    const key = `${withoutNumbers(path)} (whole)`;
    const group = groups.get(key) ?? { count: 0, shape: shape.join(" × "), parameters: 0 };
    group.count += 1;
    group.parameters += parameters;
    groups.set(key, group);
  }
  return [...groups].map(([name, { count, shape, parameters }]) => [
    name,
    String(count),
    shape,
    "–",
    "–",
    withCommas(parameters),
  ]);
}

/** "model.layers.3.q_proj" → "model.layers.*.q_proj". */
function withoutNumbers(path: string): string {
  return path.replace(/\.\d+(?=\.|$)/g, ".*");
}

/** 1234567 → "1,234,567". */
export function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
