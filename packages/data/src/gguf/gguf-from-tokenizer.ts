// A tokenizer's files as the metadata by which llama.cpp cuts text: what `tokenizerFromGguf` reads.

import { isObject, type JsonObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import { type TextFiles, tokenText } from "../text-files.ts";
import { withSpecialTokens } from "../tokenizer/special-tokens.ts";
import { parseTokenizerFile, readTokenizerFiles, withChatTemplate } from "../tokenizer/tokenizer-files.ts";
import { preTokenizerName } from "./byte-level-parts.ts";
import { ggufPiece, wordRules } from "./word-piece-parts.ts";

/** A metadata value with its type in the file. */
export type GgufTokenizerEntry =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "uint32"; readonly value: number }
  | { readonly type: "array"; readonly of: "string"; readonly value: readonly string[] }
  | { readonly type: "array"; readonly of: "int32" | "float32"; readonly value: readonly number[] };

/** GGUF's numbers of what a token is for. */
const kinds = { normal: 1, unknown: 2, control: 3, "user-defined": 4, unused: 5, byte: 6 } as const;

/**
 * The metadata of a folder's tokenizer: byte-level BPE that llama.cpp has a name for, SentencePiece's BPE, or BERT's WordPiece.
 *
 * @param vocabularySize Rows of the model's table: llama.cpp has a token for each.
 * @throws {TokenizerError} for a tokenizer that it would not cut text alike with: what it is that it does not know.
 *
 * @example
 * ```ts
 * import { ggufFromTokenizer, type TextFiles } from "@lowrank/data";
 *
 * export async function chatTemplate(model: TextFiles): Promise<unknown> {
 *   return (await ggufFromTokenizer(model, 49_152)).get("tokenizer.chat_template")?.value;
 * }
 * ```
 */
export async function ggufFromTokenizer(
  folder: TextFiles,
  vocabularySize: number,
): Promise<ReadonlyMap<string, GgufTokenizerEntry>> {
  const texts = await readTokenizerFiles(folder, "needed");
  const json = parseTokenizerFile(texts, "tokenizer.json", folder);
  const own = withChatTemplate(parseTokenizerFile(texts, "tokenizer_config.json", folder), texts);
  const config = await withSpecialTokens(own, json, folder);
  if (!isObject(json) || !isObject(json.model) || !isObject(json.model.vocab))
    throw refused("its model has no vocabulary");
  const { model } = json;
  const kind = model.type === "WordPiece" ? wordPiece(json) : pairs(json, model);
  const tokens = tokensOf(json, kind, vocabularySize);
  const settings = isObject(config) ? config : {};
  const ids = new Map(tokens.map(({ text }, id) => [text, id]));
  return new Map<string, GgufTokenizerEntry>([
    ...kind.entries(tokens.map(({ text }) => text)),
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens.map(({ text }) => text) }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: tokens.map((token) => kinds[token.kind]) }],
    ...markEntries(settings, ids),
    ...kind.frame(marksAround(json.post_processor), settings, ids),
    ...templateEntries(settings.chat_template),
  ]);
}

type Entry = readonly [key: string, entry: GgufTokenizerEntry];

function refused(reason: string): TokenizerError {
  return new TokenizerError([
    `llama.cpp would split text differently from this tokenizer.json: ${reason}`,
    "write a Hugging Face folder, and convert it with llama.cpp's convert_hf_to_gguf.py if that supports the tokenizer",
  ]);
}

/** "a b" or ["a", "b"], as files of different age have them. */
function mergesOf({ merges }: JsonObject): readonly string[] {
  if (!Array.isArray(merges)) throw refused("its model has no merges");
  return merges.map((pair: unknown) => (Array.isArray(pair) ? pair.join(" ") : String(pair)));
}

type Ids = ReadonlyMap<string, number>;

interface Kind {
  /** What is said of the kind alone. */
  readonly entries: (tokens: readonly string[]) => readonly Entry[];
  /** A token that is no mark, as the file has it; as it is where absent. */
  readonly pieceOf?: (text: string) => string;
  /** What is said of the marks around a text. */
  readonly frame: (around: MarksAround, settings: JsonObject, ids: Ids) => readonly Entry[];
}

/** Cuts by merging pairs. */
function pairs(json: JsonObject, model: JsonObject): Kind {
  const merges = mergesOf(model);
  if (model.byte_fallback === true) return sentencePiece(json, merges);
  const pre = preTokenizerName(json);
  if (pre === undefined) throw refused("llama.cpp has no name for its pre_tokenizer");
  // llama.cpp leaves characters as they are: composed ones come so from nearly all keyboards.
  if (isObject(json.normalizer) && json.normalizer.type !== "NFC")
    throw refused(`its normalizer (${String(json.normalizer.type)}) changes text first`);
  return {
    entries: () => [
      ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
      ["tokenizer.ggml.pre", { type: "string", value: pre }],
      ["tokenizer.ggml.merges", { type: "array", of: "string", value: merges }],
      ["tokenizer.ggml.add_space_prefix", { type: "bool", value: false }],
    ],
    frame: beginAndEnd,
  };
}

/** llama.cpp frames its texts by itself: by what it calls their beginning, and by the separator. */
function wordPiece(json: JsonObject): Kind {
  const rules = wordRules(json);
  if (rules === undefined) throw refused("its BertNormalizer or BertPreTokenizer differs from BERT's");
  return {
    entries: () => [
      ["tokenizer.ggml.model", { type: "string", value: "bert" }],
      ["tokenizer.ggml.normalizer.lowercase", { type: "bool", value: rules.lowercase }],
      ["tokenizer.ggml.normalizer.strip_accents", { type: "bool", value: rules.stripAccents }],
    ],
    pieceOf: ggufPiece,
    frame: ({ first, last }, { cls_token, sep_token }, ids) => {
      const start = ids.get(first ?? "");
      if (start === undefined || first !== tokenText(cls_token) || last === undefined || last !== tokenText(sep_token))
        throw refused("it does not put a text between cls_token and sep_token");
      return [
        ["tokenizer.ggml.bos_token_id", { type: "uint32", value: start }],
        ["tokenizer.ggml.add_bos_token", { type: "bool", value: true }],
        ["tokenizer.ggml.add_sep_token", { type: "bool", value: true }],
      ];
    },
  };
}

/** Its pieces have scores: those that an earlier merge makes are made first. */
function sentencePiece(json: JsonObject, merges: readonly string[]): Kind {
  const parts = JSON.stringify([json.normalizer ?? null, json.pre_tokenizer ?? null]);
  if (!parts.includes("▁")) throw refused("it has byte pieces without SentencePiece's mark for spaces");
  const others = parts.match(/"type":"(?!Sequence|Prepend|Replace|Metaspace|Split)(\w+)"/);
  if (others !== null) throw refused(`${others[1]} changes text first`);
  const ranks = new Map<string, number>();
  for (const [rank, pair] of merges.entries()) {
    const piece = pair.replace(" ", "");
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  const hasPrefix = /"Prepend"|"prepend_scheme":"(first|always)"|"add_prefix_space":true/.test(parts);
  return {
    entries: (tokens) => [
      ["tokenizer.ggml.model", { type: "string", value: "llama" }],
      ["tokenizer.ggml.pre", { type: "string", value: "default" }],
      [
        "tokenizer.ggml.scores",
        { type: "array", of: "float32", value: tokens.map((text) => -1 - (ranks.get(text) ?? merges.length)) },
      ],
      ["tokenizer.ggml.add_space_prefix", { type: "bool", value: hasPrefix }],
    ],
    frame: beginAndEnd,
  };
}

interface Token {
  readonly text: string;
  readonly kind: keyof typeof kinds;
}

function tokensOf(json: JsonObject, { pieceOf = (text) => text }: Kind, count: number): readonly Token[] {
  const model = isObject(json.model) ? json.model : {};
  const tokens: (Token | undefined)[] = Array.from({ length: count });
  const put = (id: unknown, token: Token) => {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= count)
      throw refused(`its token ${JSON.stringify(token.text)} has the id ${String(id)}; the model has ${count} rows`);
    tokens[id] = token;
  };
  const wordOrUnknown = (text: string): Token =>
    text === model.unk_token ? { text, kind: "unknown" } : { text: pieceOf(text), kind: "normal" };
  const isByte = (text: string) => model.byte_fallback === true && /^<0x[0-9A-F]{2}>$/.test(text);
  for (const [text, id] of Object.entries(isObject(model.vocab) ? model.vocab : {}))
    put(id, isByte(text) ? { text, kind: "byte" } : wordOrUnknown(text));
  for (const added of Array.isArray(json.added_tokens) ? json.added_tokens : []) {
    if (!isObject(added)) continue;
    const text = String(added.content);
    const kind = text === model.unk_token && model.byte_fallback === true ? "unknown" : "control";
    put(added.id, { text, kind: added.special === true ? kind : "user-defined" });
  }
  return Array.from(tokens, (token, id) => token ?? { text: `[PAD${id}]`, kind: "unused" });
}

/** tokenizer_config.json's marks, and what GGUF calls them. */
const marks = Object.entries({
  bos_token: "bos",
  eos_token: "eos",
  unk_token: "unknown",
  pad_token: "padding",
  cls_token: "cls",
  sep_token: "seperator",
  mask_token: "mask",
});

function markEntries(settings: JsonObject, ids: Ids): readonly Entry[] {
  return marks.flatMap(([key, name]): Entry[] => {
    const value = ids.get(tokenText(settings[key]) ?? "");
    return value === undefined ? [] : [markEntry(name, value)];
  });
}

function markEntry(name: string, value: number): Entry {
  return [`tokenizer.ggml.${name}_token_id`, { type: "uint32", value }];
}

/** The marks around one text, where there are some. */
interface MarksAround {
  readonly first: string | undefined;
  readonly last: string | undefined;
}

function marksAround(processor: unknown): MarksAround {
  const parts = isObject(processor) && Array.isArray(processor.processors) ? processor.processors : [processor];
  const bert = parts.find(
    (part) => isObject(part) && ["BertProcessing", "RobertaProcessing"].includes(String(part.type)),
  );
  if (isObject(bert)) {
    const [first, last] = [bert.cls, bert.sep].map((mark) => (Array.isArray(mark) ? tokenText(mark[0]) : undefined));
    return { first, last };
  }
  const template = parts.find((part) => isObject(part) && part.type === "TemplateProcessing");
  const single = isObject(template) && Array.isArray(template.single) ? template.single : [];
  const marksAt = (place: number) => {
    const part: unknown = single.at(place);
    return isObject(part) && isObject(part.SpecialToken) ? tokenText(part.SpecialToken.id) : undefined;
  };
  return { first: marksAt(0), last: marksAt(-1) };
}

function beginAndEnd({ first, last }: MarksAround, settings: JsonObject, ids: Ids): readonly Entry[] {
  const [bos, eos] = [tokenText(settings.bos_token), tokenText(settings.eos_token)];
  if (first !== undefined && first !== bos) throw refused(`a text begins with ${first}, which is not its bos_token`);
  return [
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: first !== undefined }],
    ["tokenizer.ggml.add_eos_token", { type: "bool", value: last !== undefined }],
    ...(last === undefined || last === eos ? [] : otherEnd(last, eos, ids)),
  ];
}

/**
 * Texts of Qwen 3's embeddings end with another mark than answers do: as llama.cpp's converter has it, that one is the end of a
 * text, and the other the end of a turn.
 */
function otherEnd(last: string, eos: string | undefined, ids: Ids): readonly Entry[] {
  const [end, turn] = [ids.get(last), ids.get(eos ?? "")];
  if (end === undefined) throw refused(`a text ends with ${last}, which is not a token`);
  return [markEntry("eos", end), ...(turn === undefined ? [] : [markEntry("eot", turn)])];
}

/** One template, or several by name, of which "default" counts. */
function templateEntries(template: unknown): readonly Entry[] {
  const named = Array.isArray(template) ? template.find((one) => isObject(one) && one.name === "default") : undefined;
  const value = isObject(named) ? named.template : template;
  return typeof value === "string" ? [["tokenizer.chat_template", { type: "string", value }]] : [];
}
