// Embeddings for Vercel's AI SDK, computed in this process.

import type { EmbeddingModelV4 } from "@ai-sdk/provider";
import type { ServedAdapter, ServedModel } from "../served-model.ts";

/** An embedding model for `embed` and `embedMany` of the AI SDK. Without `adapter` it is the base model. */
export function lowrankEmbedding<Adapter extends ServedAdapter>(
  model: ServedModel<Adapter>,
  { adapter = null }: { readonly adapter?: NoInfer<Adapter> | null | undefined } = {},
): EmbeddingModelV4 {
  return {
    specificationVersion: "v4",
    provider: "lowrank",
    modelId: adapter?.name ?? model.name,
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: false,
    async doEmbed({ values, abortSignal }) {
      let tokens = 0;
      const onTokens = (read: number) => {
        tokens += read;
      };
      const vectors = await model.embed(values, { adapter, onTokens, ...(abortSignal && { signal: abortSignal }) });
      return { embeddings: vectors.map((vector) => [...vector]), usage: { tokens }, warnings: [] };
    },
  };
}
