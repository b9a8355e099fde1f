// Builds rows of similar modules from lists of names and widths, and has the keys of config.json that most families share.

import type { SizeRow } from "../../config-table.ts";
import type { Family, FileSpelling, LinearRow, NormRow, TensorRow, Width } from "../../family.ts";

/** Path, input width and output width. */
type LinearEntry = readonly [path: string, inFeatures: Width, outFeatures: Width];

/** Linear layers with the same bias and layout. */
export function linearRows(
  shared: Pick<LinearRow, "bias" | "layout"> & Partial<LinearRow>,
  entries: readonly LinearEntry[],
): readonly LinearRow[] {
  return entries.map(([path, inFeatures, outFeatures]) => ({ ...shared, path, inFeatures, outFeatures }));
}

/** Norms of one kind, with the width of the layers. */
export function normRows(kind: NormRow["kind"], paths: readonly string[]): readonly NormRow[] {
  return paths.map((path) => ({ path, kind }));
}

/** The keys of sizes that most families share. */
export const layerSizes = {
  hiddenSize: { keys: ["hidden_size"] },
  intermediateSize: { keys: ["intermediate_size"] },
  layers: { keys: ["num_hidden_layers"] },
  heads: { keys: ["num_attention_heads"] },
} as const satisfies Family["config"]["sizes"];
export const commonSizes = { vocabularySize: { keys: ["vocab_size"] }, ...layerSizes } as const;

/** A size under one key, required unless it has a fallback. */
export function sizeRow(key: string, fallback?: SizeRow["fallback"]): SizeRow {
  return fallback === undefined ? { keys: [key] } : { keys: [key], fallback };
}

/** The sizes of layers, with defaults for absent keys. A family without its own feed-forward size has no default for it. */
export function layerSizesOr(defaults: { hidden: number; intermediate?: number; layers: number; heads: number }) {
  const { intermediate } = defaults;
  return {
    hiddenSize: { ...layerSizes.hiddenSize, fallback: defaults.hidden },
    ...(intermediate && { intermediateSize: { ...layerSizes.intermediateSize, fallback: intermediate } }),
    layers: { ...layerSizes.layers, fallback: defaults.layers },
    heads: { ...layerSizes.heads, fallback: defaults.heads },
  };
}

/** A trainable weight that is not a linear layer, embedding or norm. */
export function parameterRow(path: string, shape: TensorRow["shape"], fields: Partial<TensorRow> = {}): TensorRow {
  return { path, kind: "parameter", shape, ...fields };
}

/** Other names of modules in files, for weight and bias. */
export function moduleSpellings(names: readonly (readonly [file: string, path: string])[]): readonly FileSpelling[] {
  return names.flatMap(([file, path]) =>
    ["weight", "bias"].map((end) => ({ file: `${file}.${end}`, path: `${path}.${end}` })),
  );
}
