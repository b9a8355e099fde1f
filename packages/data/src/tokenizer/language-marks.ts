// Tokenizers of many languages (mBART, NLLB) put the mark of a text's language around it. tokenizer_config.json says which
// languages there are: `src_lang` of sources, `tgt_lang` of targets, as transformers' `tokenizer(source, text_target=target)`
// takes them.

import { isObject, type JsonObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import { tokenText } from "../text-files.ts";
import { vocabularyOf } from "../tokenizer-json/vocabulary-of.ts";

/** A tokenizer.json whose marks are those of the source's language. */
export interface LanguageMarks {
  readonly json: JsonObject;
  /** Where the target's language is said: the source's mark, and what stands in its place around targets. */
  readonly target?: { readonly source: string; readonly mark: string };
}

/** Throws TokenizerError for a language that the tokenizer has no mark of. */
export function withLanguages(json: JsonObject, config: JsonObject): LanguageMarks {
  const known = knownMark(json, config);
  const [source, target] = [config.src_lang ?? known, config.tgt_lang];
  if (known === undefined || typeof source !== "string") return { json };
  const spoken = source === known ? json : withMark(json, config, { known, mark: source });
  if (typeof target !== "string") return { json: spoken };
  idOf(json, config, "tgt_lang");
  return { json: spoken, target: { source, mark: target } };
}

/** The one mark around a text that is no beginning or end of all texts. */
function knownMark({ post_processor: processor }: JsonObject, config: JsonObject): string | undefined {
  if (typeof config.src_lang !== "string" && typeof config.tgt_lang !== "string") return undefined;
  if (!isObject(processor) || !Array.isArray(processor.single)) return undefined;
  const usual = [config.bos_token, config.eos_token, config.cls_token, config.sep_token].map(tokenText);
  const marks = processor.single.flatMap((piece) => markOf(piece) ?? []).filter((mark) => !usual.includes(mark));
  return marks.length === 1 ? marks[0] : undefined;
}

function markOf(piece: unknown): string | undefined {
  const special = isObject(piece) ? piece.SpecialToken : undefined;
  return isObject(special) && typeof special.id === "string" ? special.id : undefined;
}

function withMark(
  json: JsonObject,
  config: JsonObject,
  { known, mark }: { readonly known: string; readonly mark: string },
): JsonObject {
  const id = idOf(json, config, "src_lang");
  const processor = isObject(json.post_processor) ? json.post_processor : {};
  const replaced = (pieces: unknown) =>
    Array.isArray(pieces)
      ? pieces.map((piece: JsonObject) =>
          markOf(piece) === known ? { SpecialToken: { ...Object(piece.SpecialToken), id: mark } } : piece,
        )
      : pieces;
  const marks = isObject(processor.special_tokens) ? processor.special_tokens : {};
  const special_tokens = { ...marks, [mark]: { id: mark, ids: [id], tokens: [mark] } };
  const post_processor = {
    ...processor,
    single: replaced(processor.single),
    pair: replaced(processor.pair),
    special_tokens,
  };
  return { ...json, post_processor };
}

function idOf({ added_tokens: added, model }: JsonObject, config: JsonObject, key: "src_lang" | "tgt_lang"): number {
  const mark = String(config[key]);
  const entry: unknown = Array.isArray(added)
    ? added.find((token: unknown) => isObject(token) && token.content === mark)
    : undefined;
  if (isObject(entry) && typeof entry.id === "number") return entry.id;
  const { additional_special_tokens: special } = config;
  const known = Array.isArray(special) && special.includes(mark) ? vocabularyOf(model).get(mark) : undefined;
  if (known !== undefined) return known;
  const expected = "expected a language code that is an added token of tokenizer.json";
  throw new TokenizerError([`tokenizer_config.json: ${key} is ${JSON.stringify(mark.slice(0, 40))}; ${expected}`]);
}
