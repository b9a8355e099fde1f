// A plan as a table for people.

import { describeParts } from "../parts/part-kinds.ts";
import { withCommas } from "../parts/table-lines.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";

/**
 * The plan as a table: layers that differ only by their number share a line, then follow saved weights, sums and warnings.
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
  const rows = [["layer", "count", "shape", "rank", "scaling", "parameters"], ...describeParts(plan.parts)];
  const weights = plan.trainableParameters * 4; // in float32, as their gradients and each of AdamW's two moments
  const lines = [
    ...alignColumns(rows),
    "",
    `trainable ${withCommas(plan.trainableParameters)} of ${withCommas(plan.totalParameters)} parameters ` +
      `(${(100 * plan.share).toFixed(4)} %)`,
    `memory for training them: ${readableBytes(weights)} weights + ${readableBytes(weights)} gradients + ` +
      `${readableBytes(2 * weights)} optimizer moments`,
    ...plan.warnings.map((warning) => `warning: ${warning.message}`),
  ];
  return lines.join("\n");
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

function readableBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
