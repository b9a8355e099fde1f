// A pair that subtracts its start is written as a plain pair of twice the rank, for the base that everybody has (PEFT's
// `path_initial_model_for_weight_conversion`).

import type { LoraConfig } from "@lowrank/adapter-format";
import type { TorchPair } from "@lowrank/math";

/** The configuration of the plain adapter: ranks doubled, every scaling s as it was, also where patterns decide. */
export function plainLoraConfig(config: LoraConfig): LoraConfig {
  // s is alpha / rank, or alpha / √rank when rank-stabilised.
  const growth = config.rankStabilized ? Math.SQRT2 : 2;
  return {
    ...config,
    init: true,
    rank: 2 * config.rank,
    alpha: growth * config.alpha,
    rankPattern: new Map([...config.rankPattern].map(([pattern, rank]) => [pattern, 2 * rank])),
    alphaPattern: new Map([...config.alphaPattern].map(([pattern, alpha]) => [pattern, growth * alpha])),
  };
}

/** The same update with twice the rank, for an embedding beside pairs that subtract their start. */
export function withDoubledRank({ a, b }: TorchPair): TorchPair {
  const [rank = 0, inFeatures = 0] = a.shape;
  const [outFeatures = 0] = b.shape;
  const wider = new Float32Array(2 * rank * inFeatures); // [2·rank, inFeatures]
  wider.set(a.values);
  const longer = new Float32Array(2 * rank * outFeatures); // [outFeatures, 2·rank]
  for (let row = 0; row < outFeatures; row++)
    longer.set(b.values.subarray(row * rank, (row + 1) * rank), 2 * row * rank);
  return { a: { shape: [2 * rank, inFeatures], values: wider }, b: { shape: [outFeatures, 2 * rank], values: longer } };
}
