// llama.cpp's tokenizer of a GGUF file, to compare with the tokenizer that the file is made from. It has the rules that
// `tokenizerFromGguf` leaves to the model's own files. Source: llama.cpp, src/llama-vocab.cpp.

import { isObject } from "@lowrank/contracts/internal";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { lower, upper } from "./byte-level-parts.ts";
import { tokenizerFromGguf } from "./tokenizer-from-gguf.ts";

/** After special tokens of models with such a name, llama.cpp ignores spaces. */
export const phi3Name = /phi-?3/i;
/** Tokens without which it does not load a file with such a name. Only the last one ignores spaces. */
const ofPhi3: readonly unknown[] = ["<unk>", "<s>", "<|endoftext|>", "</s>"];

/** GGUF's number for a token that only fills the model's table. */
const unused = 5;
const perToken = ["tokens", "token_type", "scores"].map((name) => `tokenizer.ggml.${name}`);

/** The tokenizer that llama.cpp makes of a file's entries; undefined if llama.cpp does not load the file. */
export function llamaCppTokenizer(
  entries: ReadonlyMap<string, { readonly value: unknown }>,
): Pick<TextTokenizer, "prefixIds" | "encode"> | undefined {
  const values = new Map([...entries].map(([key, { value }]) => [key, value] as const));
  // No text is split into the unused tokens at the end, which can be as many as the model's rows.
  const listOf = (key: string): readonly unknown[] => (values.get(key) ?? []) as readonly unknown[]; // checked below
  const types = listOf("tokenizer.ggml.token_type");
  let count = types.length;
  while (types[count - 1] === unused) count -= 1;
  for (const key of perToken) if (values.has(key)) values.set(key, listOf(key).slice(0, count));
  const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf(values);
  const isPhi3 = phi3Name.test(String(values.get("general.name")));
  const tokens = new Set(listOf("tokenizer.ggml.tokens"));
  if (isPhi3 && !ofPhi3.every((token) => tokens.has(token))) return undefined;
  const added = Array.isArray(tokenizerJson.added_tokens) ? tokenizerJson.added_tokens.filter(isObject) : [];
  const json = {
    ...tokenizerJson,
    added_tokens: added.map((token) => ({ ...token, rstrip: isPhi3 && !ofPhi3.slice(0, 3).includes(token.content) })),
    // llama.cpp does not normalize text for byte-level BPE.
    ...(values.get("tokenizer.ggml.model") === "gpt2" && { normalizer: null }),
    pre_tokenizer: JSON.parse(JSON.stringify(tokenizerJson.pre_tokenizer, withAsciiCases)),
  };
  const tokenizer = TextTokenizer.fromJson(json, tokenizerConfig);
  const isStripped = values.get("tokenizer.ggml.normalizer.strip_accents") === true;
  if (!isStripped) return tokenizer;
  return { prefixIds: tokenizer.prefixIds, encode: (text, options) => tokenizer.encode(baseCharacters(text), options) };
}

/** Of each character's decomposition the first one, if it is no mark. So llama.cpp removes accents, and the vowels of Hangul. */
function baseCharacters(text: string): string {
  return Array.from(text, (character) => Array.from(character.normalize("NFD"))[0])
    .join("")
    .replace(/\p{M}/gu, "");
}

/** In patterns with upper and lower case (Tekken's), llama.cpp's letters are no marks, and only ASCII has cases. */
function withAsciiCases(_: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll(upper, "(?:(?=\\p{L})[^a-z])").replaceAll(lower, "(?:(?=\\p{L})[^A-Z])");
}
