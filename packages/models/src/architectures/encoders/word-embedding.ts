// How BERT and its relatives begin: words and, where a family has them, positions and segments, added up and normalised.

import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";

/** Tables and norm of the group `first`, by the names that all of these families have. */
export function wordEmbedding(model: PartList, first: PartList) {
  const tokens = first.embedding("embeddings.word_embeddings");
  const optional = (path: string) => (first.has(path) ? first.embedding(path) : undefined);
  const run = tokenEmbedding({
    tokens,
    positions: optional("embeddings.position_embeddings"),
    tokenTypes: optional("embeddings.token_type_embeddings"),
    norm: first.norm("embeddings.LayerNorm"),
    dropout: { rate: model.plan.config.dropouts.embedding, path: "embedding" },
  });
  return { tokens, run };
}
