// The target language of a multilingual translation model: the language of its training targets (`tgt_lang` of
// tokenizer_config.json), which users of transformers pass as `forced_bos_token_id` or `decoder_start_token_id`.

import type { TextTokenizer } from "@lowrank/data";
import type { GenerationOptions, PretrainedModel } from "@lowrank/models";

/** Options for `generate`; none if the tokenizer names no language. */
export function targetLanguage(
  { task, generation }: Pick<PretrainedModel, "task" | "generation">,
  { targetLanguageId: id, targetPrefixIds }: Pick<TextTokenizer, "targetLanguageId" | "targetPrefixIds">,
): Pick<GenerationOptions, "forced" | "decoderStartTokenId"> {
  if (id === undefined || task !== "sequence-to-sequence") return {};
  // In mBART-50 and NLLB the language token comes first in a text; in mBART it comes last and starts the decoder.
  if (targetPrefixIds.includes(id)) return { forced: { ...generation.forced, first: id } };
  return { decoderStartTokenId: id };
}

export function endTokens(
  { generation }: { readonly generation: Pick<PretrainedModel["generation"], "eosTokenIds"> },
  { eosId }: Partial<Pick<TextTokenizer, "eosId">>,
): readonly number[] {
  return [...new Set([...generation.eosTokenIds, ...(eosId === undefined ? [] : [eosId])])];
}

export function textEnding(model: PretrainedModel, tokenizer: TextTokenizer) {
  return { eosTokenIds: endTokens(model, tokenizer), ...targetLanguage(model, tokenizer) };
}
