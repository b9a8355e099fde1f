// A plan as a table for people.

import type { InjectionPlan, PlannedSite, PlannedTokenRows } from "../planned/injection-plan.ts";

/** Bytes that training will need for what it trains. */
export interface TrainingBytes {
  readonly weights: number;
  readonly gradients: number;
  /** AdamW's two moments. */
  readonly moments: number;
}

/** Bytes of the trained weights, their gradients and AdamW's moments, all in float32. */
export function trainingBytes(plan: InjectionPlan): TrainingBytes {
  const weights = plan.trainableParameters * 4;
  return { weights, gradients: weights, moments: 2 * weights };
}

/**
 * The plan as a table: layers that differ only by their number share a line, then saved weights, sums and warnings.
 *
 * @example
 * ```ts
 * import { describePlan, type InjectionPlan } from "@lowrank/inject";
 *
 * export function show(plan: InjectionPlan): string {
 *   return describePlan(plan); // "layer  count  shape …"
 * }
 * ```
 */
export function describePlan(plan: InjectionPlan): string {
  const rows = [
    ["layer", "count", "shape", "rank", "scaling", "parameters"],
    ...groupSites(plan.entries),
    ...groupSites(plan.rawParameters),
    ...groupSaved(plan),
    ...plan.tokenRows.map(tokenLine),
  ];
  const { weights, gradients, moments } = trainingBytes(plan);
  const lines = [
    ...alignColumns(rows),
    "",
    `trainable ${withCommas(plan.trainableParameters)} of ${withCommas(plan.totalParameters)} parameters ` +
      `(${(100 * plan.share).toFixed(4)} %)`,
    `memory for training them: ${readableBytes(weights)} weights + ${readableBytes(gradients)} gradients + ` +
      `${readableBytes(moments)} optimiser moments`,
    ...plan.warnings.map((warning) => `warning: ${warning.message}`),
  ];
  return lines.join("\n");
}

/** What a line needs to know of a layer or a raw parameter with a pair. */
type Adapted = Pick<PlannedSite, "path" | "inFeatures" | "outFeatures" | "rank" | "scaling" | "parameters">;

function groupSites(entries: readonly Adapted[]): readonly string[][] {
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

function groupSaved(plan: InjectionPlan): readonly string[][] {
  const groups = new Map<string, { count: number; readonly shape: string; parameters: number }>();
  for (const { path, shape, parameters } of plan.savedParameters) {
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

function tokenLine({ path, shape: [tokens, width], parameters }: PlannedTokenRows): readonly string[] {
  return [`${path} (rows)`, "1", `${tokens} × ${width}`, "–", "–", withCommas(parameters)];
}

/** "model.layers.3.q_proj" → "model.layers.*.q_proj". */
function withoutNumbers(path: string): string {
  return path.replace(/\.\d+(?=\.|$)/g, ".*");
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}

function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function readableBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
