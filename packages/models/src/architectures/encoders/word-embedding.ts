// How BERT and its relatives begin: words, positions and, where a family has them, segments, added up and normalised.

import type { PartList } from "../../parts/part-list.ts";
import { tokenEmbedding } from "../../parts/token-embedding.ts";

/** Tables and norm of the group `first`, by the names that all of these families have. */
export function wordEmbedding(model: PartList, first: PartList, { hasSegments }: { readonly hasSegments: boolean }) {
  const tokens = first.embedding("embeddings.word_embeddings");
  const run = tokenEmbedding({
    tokens,
    positions: first.embedding("embeddings.position_embeddings"),
    ...(hasSegments ? { tokenTypes: first.embedding("embeddings.token_type_embeddings") } : {}),
    norm: first.norm("embeddings.LayerNorm"),
    dropout: { rate: model.plan.config.dropouts.embedding, path: "embedding" },
  });
  return { tokens, run };
}
