// What decoder-only families have in common: an embedding, blocks one after the other, and a norm at the end.

import { type TokenEmbeddingOptions, tokenEmbedding } from "../embedding/token-embedding.ts";
import { plainNorm } from "../norm.ts";
import type { PartList } from "../part-list.ts";
import { normStage } from "./stages.ts";
import type { Stage, Trunk } from "./trunk.ts";

export interface DecoderOptions {
  /** Path of the token embedding in the family's table. */
  readonly tokens: string;
  /** Path of the last norm; without weights where the table has no such row (OLMo). */
  readonly norm: string;
  /** One layer. */
  readonly block: (block: PartList, layer: number) => Stage;
  /** Makes what is added to the tokens or done to them. */
  readonly embedding?: (first: PartList) => Omit<TokenEmbeddingOptions, "tokens">;
}

export function decoderTrunk(model: PartList, options: DecoderOptions): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const tokens = first.embedding(options.tokens);
  const embed = tokenEmbedding({
    tokens,
    dropout: { rate: config.dropouts.embedding, path: "embedding" },
    ...options.embedding?.(first),
  });
  const blocks = Array.from({ length: config.layers }, (_, layer) => options.block(model.atLayer(layer), layer));
  const last = model.group();
  const norm = last.optionalNorm(options.norm) ?? plainNorm(config.normEpsilon);
  return {
    tokens,
    embed: { parts: first.parts, run: embed },
    stages: [...blocks, normStage(last.parts, norm)],
  };
}
