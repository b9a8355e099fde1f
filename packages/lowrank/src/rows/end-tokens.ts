// The tokens that end a text: what the model's files say, and the tokenizer's own mark, which training wrote.

import type { TextTokenizer } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";

/** The ids without repetition. */
export function endTokens(
  { generation }: { readonly generation: Pick<PretrainedModel["generation"], "eosTokenIds"> },
  { eosId }: Partial<Pick<TextTokenizer, "eosId">>,
): readonly number[] {
  return [...new Set([...generation.eosTokenIds, ...(eosId === undefined ? [] : [eosId])])];
}
