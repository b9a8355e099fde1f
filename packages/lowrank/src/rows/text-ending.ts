// The language in which a translator of many writes: the one that training put around targets (`tgt_lang` of
// tokenizer_config.json), as transformers' users pass `forced_bos_token_id` or `decoder_start_token_id`.

import type { TextTokenizer } from "@lowrank/data";
import type { GenerationOptions, PretrainedModel } from "@lowrank/models";

/** What `generate` is told: nothing where the tokenizer names no language. */
export function targetLanguage(
  { task, generation }: Pick<PretrainedModel, "task" | "generation">,
  { targetLanguageId: id, targetPrefixIds }: Pick<TextTokenizer, "targetLanguageId" | "targetPrefixIds">,
): Pick<GenerationOptions, "forced" | "decoderStartTokenId"> {
  if (id === undefined || task !== "sequence-to-sequence") return {};
  // In front of a text the mark is its first token (mBART-50, NLLB); behind it, what the decoder begins with (mBART).
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
