// Multilingual tokenizers (mBART, NLLB) put a language token before or after a text. tokenizer_config.json names the
// languages: `src_lang` of sources and `tgt_lang` of targets, as in transformers' `tokenizer(source, text_target=target)`.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { tokenText } from "../text-files.ts";
import { vocabularyOf } from "../tokenizer-json/vocabulary-of.ts";

/** A tokenizer.json with the language token of the source. */
export interface LanguageTokens {
  readonly json: JsonObject;
  /** If `tgt_lang` is given: the source's language token, and the token that replaces it around targets. */
  readonly target?: { readonly source: string; readonly token: string };
}

/** Throws TOKENIZER_INVALID for a language without a token. */
export function withLanguages(json: JsonObject, config: JsonObject): LanguageTokens {
  const code = languageToken(json, config);
  const [source, target] = [config.src_lang ?? code, config.tgt_lang];
  if (code === undefined || typeof source !== "string") return { json };
  const forSource = source === code ? json : withSourceToken(json, config, { known: code, token: source });
  if (typeof target !== "string") return { json: forSource };
  idOf(json, config, "tgt_lang");
  return { json: forSource, target: { source, token: target } };
}

/** The language token in the post-processor's template: the only special token that is not bos, eos, cls or sep. */
function languageToken({ post_processor: processor }: JsonObject, config: JsonObject): string | undefined {
  if (typeof config.src_lang !== "string" && typeof config.tgt_lang !== "string") return undefined;
  if (!isObject(processor) || !Array.isArray(processor.single)) return undefined;
  const sentenceTokens = [config.bos_token, config.eos_token, config.cls_token, config.sep_token].map(tokenText);
  const special = processor.single
    .flatMap((piece) => specialTokenOf(piece) ?? [])
    .filter((token) => !sentenceTokens.includes(token));
  return special.length === 1 ? special[0] : undefined;
}

function specialTokenOf(piece: unknown): string | undefined {
  const special = isObject(piece) ? piece.SpecialToken : undefined;
  return isObject(special) && typeof special.id === "string" ? special.id : undefined;
}

function withSourceToken(
  json: JsonObject,
  config: JsonObject,
  { known, token }: { readonly known: string; readonly token: string },
): JsonObject {
  const id = idOf(json, config, "src_lang");
  const processor = isObject(json.post_processor) ? json.post_processor : {};
  const replaced = (pieces: unknown) =>
    Array.isArray(pieces)
      ? pieces.map((piece: JsonObject) =>
          specialTokenOf(piece) === known ? { SpecialToken: { ...Object(piece.SpecialToken), id: token } } : piece,
        )
      : pieces;
  const special = isObject(processor.special_tokens) ? processor.special_tokens : {};
  const special_tokens = { ...special, [token]: { id: token, ids: [id], tokens: [token] } };
  const post_processor = {
    ...processor,
    single: replaced(processor.single),
    pair: replaced(processor.pair),
    special_tokens,
  };
  return { ...json, post_processor };
}

function idOf({ added_tokens: added, model }: JsonObject, config: JsonObject, key: "src_lang" | "tgt_lang"): number {
  const token = String(config[key]);
  const entry: unknown = Array.isArray(added)
    ? added.find((candidate: unknown) => isObject(candidate) && candidate.content === token)
    : undefined;
  if (isObject(entry) && typeof entry.id === "number") return entry.id;
  const { additional_special_tokens: special } = config;
  const idInVocabulary = Array.isArray(special) && special.includes(token) ? vocabularyOf(model).get(token) : undefined;
  if (idInVocabulary !== undefined) return idInVocabulary;
  const expected = "expected a language code that is an added token of tokenizer.json";
  throw tokenizerError([`tokenizer_config.json: ${key} is ${JSON.stringify(token.slice(0, 40))}; ${expected}`]);
}
