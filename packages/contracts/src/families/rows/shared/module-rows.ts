// Rows of modules that are alike but for names and widths, written as lists.

import type { LinearRow, NormRow, Width } from "../../family.ts";

/** Path, width of what comes in and of what goes out. */
type LinearEntry = readonly [path: string, inFeatures: Width, outFeatures: Width];

/** Linear maps that have their bias and layout in common. */
export function linearRows(
  shared: Pick<LinearRow, "bias" | "layout"> & Partial<LinearRow>,
  entries: readonly LinearEntry[],
): readonly LinearRow[] {
  return entries.map(([path, inFeatures, outFeatures]) => ({ ...shared, path, inFeatures, outFeatures }));
}

/** Norms of one kind, as wide as the layers. */
export function normRows(kind: NormRow["kind"], paths: readonly string[]): readonly NormRow[] {
  return paths.map((path) => ({ path, kind }));
}
