// Fields of our own in a tokenizer.json that was made of Marian's or M2M-100's files: there one model cuts a text into pieces
// (`model.segmentation`), and another vocabulary says their ids; and targets may be cut by a third one (`target`).

import type { Tokenizer } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "@lowrank/contracts";
import { boundedTokenizer } from "../bounds/bounded-tokenizer.ts";
import { checkTokenizerJson } from "../tokenizer-json/check-tokenizer-json.ts";

/** Makes the tokenizer cut words by the model that the file names for it, if it names one. Throws TokenizerError. */
export function cutByOwnModel(tokenizer: Tokenizer, { model }: JsonObject): void {
  const segmentation = isObject(model) ? model.segmentation : undefined;
  if (segmentation === undefined) return;
  const { model: cutter } = boundedTokenizer(checkTokenizerJson({ model: segmentation }), unknownOf(segmentation));
  const { model: vocabulary } = tokenizer;
  if (vocabulary === null || cutter === null) return;
  // Unknown characters side by side are one piece; pieces that have no id are each unknown.
  vocabulary.fuse_unk = false;
  // The library looks ids up afterwards.
  vocabulary.encode = (words) => cutter._call([...words]);
  if (isObject(model) && model.starts_with_language === true) takeLanguage(tokenizer);
}

/** Marian's sources may begin with the language to write in: `>>deu<< Good morning`. */
function takeLanguage(tokenizer: Tokenizer): void {
  // Private in the library's types.
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

/** The tokenizer.json by which targets are cut; undefined where it is the same. Not checked yet. */
export function targetJson({ target, ...json }: JsonObject): JsonObject | undefined {
  if (!isObject(target) || !isObject(json.model)) return undefined;
  const { normalizer, segmentation } = target;
  return checkTokenizerJson({ ...json, normalizer, model: { ...json.model, segmentation } });
}

/** Whether a tokenizer.json, parsed and not checked, has such fields. */
export function hasSegmentation(json: unknown): boolean {
  return isObject(json) && isObject(json.model) && json.model.segmentation !== undefined;
}

/**
 * Rust's `LongestFirst`: the shorter text stays whole if the longer one, cut, makes the room; otherwise each gets half, the
 * longer one what is odd.
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
