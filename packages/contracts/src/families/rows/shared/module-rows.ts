// Rows of modules that are alike but for names and widths, written as lists, and keys of config.json that most families have.

import type { Family, FileSpelling, LinearRow, NormRow, TensorRow, Width } from "../../family.ts";

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

/** The keys of config.json that most families share: of layers, and of what reads texts. */
export const layerSizes = {
  hiddenSize: { keys: ["hidden_size"] },
  intermediateSize: { keys: ["intermediate_size"] },
  layers: { keys: ["num_hidden_layers"] },
  heads: { keys: ["num_attention_heads"] },
} as const satisfies Family["config"]["sizes"];
export const commonSizes = { vocabularySize: { keys: ["vocab_size"] }, ...layerSizes } as const;

/** The sizes of layers, with what a file means that lacks them. */
export function layerSizesOr(usual: { hidden: number; intermediate: number; layers: number; heads: number }) {
  return {
    hiddenSize: { ...layerSizes.hiddenSize, fallback: usual.hidden },
    intermediateSize: { ...layerSizes.intermediateSize, fallback: usual.intermediate },
    layers: { ...layerSizes.layers, fallback: usual.layers },
    heads: { ...layerSizes.heads, fallback: usual.heads },
  };
}

/** A weight that is trained and is no linear map, embedding or norm. */
export function parameterRow(path: string, shape: TensorRow["shape"], own: Partial<TensorRow> = {}): TensorRow {
  return { path, kind: "parameter", shape, ...own };
}

/** Spellings of modules, each by how a file and how the model calls it, for weight and bias. */
export function moduleSpellings(names: readonly (readonly [file: string, path: string])[]): readonly FileSpelling[] {
  return names.flatMap(([file, path]) =>
    ["weight", "bias"].map((end) => ({ file: `${file}.${end}`, path: `${path}.${end}` })),
  );
}
