// Which row of an embedding its look-ups do not train: that of the padding token, where transformers makes the table with
// torch's `padding_idx`.

import type { EmbeddingRow, ModelConfig } from "@lowrank/families";

/** Families whose tables are plain: there the padding token is a token like any other. */
const withoutPadding: ReadonlySet<string> = new Set(["bloom", "falcon", "gpt2", "gpt_neo", "gpt_neox", "gptj", "t5"]);

/** RoBERTa's positions are counted from the padding token's id, which is the position of padding. */
const withPaddingPosition: ReadonlySet<string> = new Set(["roberta"]);

/** The option of an embedding site, or none. */
export function paddingRowOf(
  { rows }: Pick<EmbeddingRow, "rows">,
  { modelType, padTokenId }: Pick<ModelConfig, "modelType" | "padTokenId">,
): { readonly paddingRow?: number } {
  const isPadded = rows === "positions" ? withPaddingPosition.has(modelType) : rows === "vocabulary";
  if (padTokenId === null || !isPadded || withoutPadding.has(modelType)) return {};
  return { paddingRow: padTokenId };
}
