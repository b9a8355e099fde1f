// Two fields of our own in a tokenizer.json that was made from Marian's or M2M-100's files. There one model splits text into
// pieces (`model.segmentation`) and another vocabulary has their ids. A third model may split targets (`target`).

import type { Tokenizer } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { boundedTokenizer } from "../bounds/bounded-tokenizer.ts";
import { checkTokenizerJson } from "../tokenizer-json/check-tokenizer-json.ts";

/** Makes the tokenizer split words with `model.segmentation`, if the file has it. Throws TOKENIZER_INVALID. */
export function segmentByOwnModel(tokenizer: Tokenizer, { model }: JsonObject): void {
  const segmentation = isObject(model) ? model.segmentation : undefined;
  if (segmentation === undefined) return;
  const { model: segmenter } = boundedTokenizer(checkTokenizerJson({ model: segmentation }), unknownOf(segmentation));
  const { model: vocabulary } = tokenizer;
  if (vocabulary === null || segmenter === null) return;
  // The segmentation joins unknown neighbours into one piece. Each piece without an id then stays an unknown token of its own.
  vocabulary.fuse_unk = false;
  // The library looks up ids afterwards.
  vocabulary.encode = (words) => segmenter._call([...words]);
  if (isObject(model) && model.starts_with_language === true) keepLanguagePrefix(tokenizer);
}

/** Marian's sources may begin with the target language, which must stay one token: `>>deu<< Good morning`. */
function keepLanguagePrefix(tokenizer: Tokenizer): void {
  // `encode_text` is private in the library's types.
  const inner = tokenizer as unknown as { encode_text(text: string | null): string[] | null };
  const encode = inner.encode_text.bind(inner);
  inner.encode_text = (text) => {
    const [language] = text?.match(/^>>.*?<</s) ?? [];
    return text === null || language === undefined
      ? encode(text)
      : [language, ...(encode(text.slice(language.length)) ?? [])];
  };
}

function unknownOf(model: unknown): JsonObject {
  return isObject(model) && typeof model.unk_token === "string" ? { unk_token: model.unk_token } : {};
}

/** The tokenizer.json for targets; undefined if sources and targets use the same one. Expects an unchecked file. */
export function targetJson({ target, ...json }: JsonObject): JsonObject | undefined {
  if (!isObject(target) || !isObject(json.model)) return undefined;
  const { normalizer, segmentation } = target;
  return checkTokenizerJson({ ...json, normalizer, model: { ...json.model, segmentation } });
}

/** Whether a parsed, unchecked tokenizer.json has a segmentation model. */
export function hasSegmentation(json: unknown): boolean {
  return isObject(json) && isObject(json.model) && json.model.segmentation !== undefined;
}

/**
 * How many tokens of each text fit into `room` (Rust's `LongestFirst`). The shorter text stays whole if it needs at most half;
 * otherwise each text gets half, and the longer one the odd token.
 */
export function pairLengths(first: number, second: number, room: number): readonly [first: number, second: number] {
  if (first > second) {
    const [ofSecond, ofFirst] = pairLengths(second, first, room);
    return [ofFirst, ofSecond];
  }
  const half = Math.floor(room / 2);
  if (first > half) return [half, room - half];
  return [first, Math.min(second, room - first)];
}
