// A pair that subtracts its start is written as a plain pair of twice the rank (`pissaToLora`), for the base that everybody
// has (PEFT's `path_initial_model_for_weight_conversion`). This is what the rest of the adapter needs for that.

import type { LoraConfig } from "@lowrank/adapter-format";
import { pissaToLora, type TorchMatrix, type TorchPair } from "@lowrank/math";

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
  const nothing = ({ shape, values }: TorchMatrix) => ({ shape, values: new Float32Array(values.length) });
  return pissaToLora({ a, b }, { a: nothing(a), b: nothing(b) });
}
