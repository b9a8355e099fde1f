// Which row of an embedding its look-ups do not train: that of the padding token, where transformers makes the table with
// torch's `padding_idx`.

import { type EmbeddingRow, familyOf, type ModelConfig } from "@lowrank/contracts/families";

/** Families whose tables are plain: there the padding token is a token like any other. */
const withoutPadding: ReadonlySet<string> = new Set([
  "bloom",
  "falcon",
  "gpt2",
  "gpt_neo",
  "gpt_neox",
  "gptj",
  "t5",
  "mt5",
  "umt5",
]);

/** The option of an embedding site, or none. */
export function paddingRowOf(
  { rows }: Pick<EmbeddingRow, "rows">,
  { modelType, padTokenId }: Pick<ModelConfig, "modelType" | "padTokenId">,
): { readonly paddingRow?: number } {
  // Positions that are counted from the padding token's id have one of padding: that id.
  const isPadded = rows === "positions" ? familyOf(modelType).positionsAfterPadding : rows === "vocabulary";
  if (padTokenId === null || !isPadded || withoutPadding.has(modelType)) return {};
  return { paddingRow: padTokenId };
}
