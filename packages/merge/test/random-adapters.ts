// Small random adapters for the tests of combinations, and what their update should be.

import { fc } from "@fast-check/vitest";
import { type Adapter, createLoraConfig, type LoraConfig, scalingOf } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import { createMatrix, frobeniusNorm, type Matrix, multiply } from "@lowrank/math";
import { normalMatrix } from "@lowrank/math/internal";

const sizes = new Map([
  ["layers.0.q_proj", [7, 5]],
  ["layers.1.q_proj", [7, 5]],
  ["layers.0.v_proj", [3, 5]],
] as const);

export function tensor(rows: number, columns: number, path: string): AdapterTensor {
  const { values } = normalMatrix(rows, columns, { seed: 1, path });
  return { shape: [rows, columns], values: Float32Array.from(values) };
}

/** A plain adapter with random factors on q_proj and v_proj. */
export function adapter(
  name: string,
  options: Partial<LoraConfig> = {},
  paths: Iterable<string> = sizes.keys(),
): Adapter {
  const config = createLoraConfig({ rank: 2, alpha: 6, targetModules: ["q_proj", "v_proj"], ...options });
  const tensors = new Map<string, AdapterTensor>();
  for (const path of paths) {
    const [outFeatures = 0, inFeatures = 0] = sizes.get(path as "layers.0.q_proj") ?? [];
    tensors.set(`${path}.lora_A.weight`, tensor(config.rank, inFeatures, `${name} ${path} A`));
    tensors.set(`${path}.lora_B.weight`, tensor(outFeatures, config.rank, `${name} ${path} B`));
  }
  return { config, tensors, metadata: new Map() };
}

/** s·B·A, or zeros for a layer that the adapter leaves alone. */
export function delta({ config, tensors }: Adapter, path: string): Matrix {
  const [outFeatures = 0, inFeatures = 0] = sizes.get(path as "layers.0.q_proj") ?? [];
  const [a, b] = [tensors.get(`${path}.lora_A.weight`), tensors.get(`${path}.lora_B.weight`)];
  if (!a || !b) return createMatrix(outFeatures, inFeatures);
  const product = multiply(
    createMatrix(outFeatures, b.shape[1]!, b.values),
    createMatrix(a.shape[0]!, inFeatures, a.values),
  );
  return { ...product, values: product.values.map((value) => value * scalingOf(config, path)) };
}

/** The largest relative error against Σ w·ΔW over all layers. */
export function errorOf(
  result: Adapter,
  parts: readonly { readonly adapter: Adapter; readonly weight: number }[],
): number {
  return Math.max(
    ...[...sizes.keys()].map((path) => {
      const wanted = parts.map((part) => delta(part.adapter, path).values.map((value) => value * part.weight));
      const sum = wanted.reduce((one, other) => one.map((value, index) => value + other[index]!));
      const got = delta(result, path);
      const difference = { ...got, values: got.values.map((value, index) => value - sum[index]!) };
      return frobeniusNorm(difference) / (frobeniusNorm({ ...got, values: sum }) || 1);
    }),
  );
}

export const a = adapter("a");
export const b = adapter("b");
export const wide = adapter("wide", { rank: 3, alpha: 3, rankStabilized: true });
export const pair = [
  { adapter: a, weight: 0.7 },
  { adapter: b, weight: -0.4 },
];
// Steps of a hundredth: beyond, float32 could not hold the products.
export const weights = fc.integer({ min: -300, max: 300 }).map((hundredths) => hundredths / 100);
