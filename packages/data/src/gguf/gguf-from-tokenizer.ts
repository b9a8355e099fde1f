// Converts a tokenizer's files to GGUF metadata for llama.cpp: the reverse of `tokenizerFromGguf`.

import type { LowrankError, WarningListener } from "@lowrank/contracts";
import { describeValue, isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { chatTemplate } from "../templates/chat-template.ts";
import type { PromptTemplate } from "../templates/prompt-template.ts";
import { promptTemplate } from "../templates/prompt-templates.ts";
import { unlessRefused } from "../templates/turns/answer-spans.ts";
import { type TextFiles, tokenText } from "../text-files.ts";
import { withSpecialTokens } from "../tokenizer/special-tokens.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { parseTokenizerFile, readTokenizerFiles, withChatTemplate } from "../tokenizer/tokenizer-files.ts";
import { preTokenizerName } from "./byte-level-parts.ts";
import { llamaCppTokenizer, phi3Name } from "./llama-cpp-tokenizer.ts";
import {
  promptsOf,
  type TokenizerDifferences,
  tokenizerDifferences,
  tokenizerWarning,
} from "./tokenizer-differences.ts";
import { ggufPiece, wordRules } from "./word-piece-parts.ts";

/** A metadata value with its type in the file. */
type GgufTokenizerEntry =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "uint32"; readonly value: number }
  | { readonly type: "array"; readonly of: "string"; readonly value: readonly string[] }
  | { readonly type: "array"; readonly of: "int32" | "float32"; readonly value: readonly number[] };

/** GGUF's numbers for types of tokens. */
const kinds = { normal: 1, unknown: 2, control: 3, "user-defined": 4, unused: 5, byte: 6 } as const;

type Entries = ReadonlyMap<string, GgufTokenizerEntry>;

export interface GgufTokenizerOptions {
  /** `general.name`, which decides how llama.cpp reads spaces after special tokens; default: the folder's name. */
  readonly name?: string;
  /** The template of the model's prompts, which must keep their tokens; default: its chat template, else "plain". */
  readonly template?: PromptTemplate | undefined;
  /** Receives a warning if llama.cpp splits some texts differently. */
  readonly onWarning?: WarningListener;
}

/**
 * The metadata of a folder's tokenizer: byte-level BPE with a rule that llama.cpp has, SentencePiece's BPE, or BERT's WordPiece.
 *
 * @param vocabularySize Rows of the model's embedding table: llama.cpp needs a token for each.
 * @throws {TOKENIZER_INVALID} if llama.cpp would split text or the chat template's prompts differently; the message has the reason.
 */
export async function ggufFromTokenizer(
  folder: TextFiles,
  vocabularySize: number,
  options: GgufTokenizerOptions = {},
): Promise<Entries> {
  const texts = await readTokenizerFiles(folder, "needed");
  const json = parseTokenizerFile(texts, "tokenizer.json", folder);
  const tokenizerConfig = withChatTemplate(parseTokenizerFile(texts, "tokenizer_config.json", folder), texts);
  const config = await withSpecialTokens(tokenizerConfig, json, folder);
  if (!isObject(json) || !isObject(json.model) || !isObject(json.model.vocab))
    throw refused("its model has no vocabulary");
  const { model } = json;
  const kind = model.type === "WordPiece" ? wordPiece(json) : bytePairs(json, model);
  const tokens = tokensOf(json, kind, vocabularySize);
  const settings = isObject(config) ? config : {};
  const ids = new Map(tokens.map(({ text }, id) => [text, id]));
  const entries = new Map<string, GgufTokenizerEntry>([
    ...kind.entries(tokens.map(({ text }) => text)),
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens.map(({ text }) => text) }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: tokens.map((token) => kinds[token.kind]) }],
    ...specialTokenEntries(settings, ids),
    ...kind.boundaryEntries(surroundingTokens(json.post_processor), settings, ids),
    ...templateEntries(settings.chat_template),
  ]);
  const own = TextTokenizer.fromJson(json, settings);
  const { name = folder.name, template = templateOf(own), onWarning } = options;
  const prompts = promptsOf(template);
  const isWithoutBos = prompts.some(({ text, isWhole }) => isWhole && !text.startsWith(own.bosToken ?? ""));
  const judged = variants(entries, { json, name, isWithoutBos }).flatMap((variant) => {
    const theirs = llamaCppTokenizer(variant);
    return theirs === undefined
      ? []
      : [{ variant, ...tokenizerDifferences([own, theirs], prompts, json.added_tokens) }];
  });
  const cost = ({ prompt, examples }: TokenizerDifferences) => examples.size + (prompt === undefined ? 0 : 1000);
  const [best] = judged.sort((one, other) => cost(one) - cost(other));
  if (best === undefined || best.prompt !== undefined)
    throw refused(`no setting of a GGUF file keeps the tokens of the prompt ${describeValue(best?.prompt)}`);
  if (best.examples.size > 0) onWarning?.(tokenizerWarning(best));
  return best.variant;
}

function templateOf({ chatTemplate: source, bosToken = "", eosToken = "" }: TextTokenizer): PromptTemplate {
  const own = source && unlessRefused(() => chatTemplate(source, { bosToken, eosToken }));
  return own || promptTemplate("plain");
}

interface VariantFacts {
  readonly json: JsonObject;
  readonly name: string;
  /** Whether a prompt begins without the bos token. */
  readonly isWithoutBos: boolean;
}

/** The entries with each setting of llama.cpp that may fit: a space before texts, a bos token, and a name with or without Phi 3's rule. */
function variants(entries: Entries, { json, name, isWithoutBos }: VariantFacts): readonly Entries[] {
  const isPhi3 = phi3Name.test(name);
  const parts = JSON.stringify([json.added_tokens, json.pre_tokenizer]);
  const named = (value: string): Entry => ["general.name", { type: "string", value }];
  const off = { type: "bool", value: false } as const;
  const changes: readonly Entry[] = [
    ...(isPhi3 || parts.includes('"rstrip":true')
      ? [named(isPhi3 ? name.replace(phi3Name, "Phi 3") : `${name} (Phi-3)`)]
      : []),
    ...(/"prepend_scheme":"(first|always)"/.test(parts) ? [["tokenizer.ggml.add_space_prefix", off] as const] : []),
    ...(isWithoutBos ? [["tokenizer.ggml.add_bos_token", off] as const] : []),
  ];
  return changes.reduce<readonly Entries[]>(
    (list, change) => list.concat(list.map((each) => new Map([...each, change]))),
    [new Map([named(name), ...entries])],
  );
}

type Entry = readonly [key: string, entry: GgufTokenizerEntry];

function refused(reason: string): LowrankError {
  return tokenizerError([
    `llama.cpp would split text differently from this tokenizer.json: ${reason}`,
    "write a Hugging Face folder, and convert it with llama.cpp's convert_hf_to_gguf.py if that supports the tokenizer",
  ]);
}

/** Merges as "a b". Newer files have ["a", "b"]. */
function mergesOf({ merges }: JsonObject): readonly string[] {
  if (!Array.isArray(merges)) throw refused("its model has no merges");
  return merges.map((pair: unknown) => (Array.isArray(pair) ? pair.join(" ") : String(pair)));
}

type Ids = ReadonlyMap<string, number>;

interface Kind {
  /** Entries that only this kind of tokenizer has. */
  readonly entries: (tokens: readonly string[]) => readonly Entry[];
  /** Converts a normal token to its text in the GGUF file. Absent: the texts are the same. */
  readonly ggufTextOf?: (text: string) => string;
  /** Entries for the special tokens before and after a text. */
  readonly boundaryEntries: (around: SurroundingTokens, settings: JsonObject, ids: Ids) => readonly Entry[];
}

/** BPE: byte-level, or SentencePiece's if the model has `byte_fallback`. */
function bytePairs(json: JsonObject, model: JsonObject): Kind {
  const merges = mergesOf(model);
  if (model.byte_fallback === true) return sentencePiece(json, merges);
  const pre = preTokenizerName(json);
  if (pre === undefined) throw refused("llama.cpp has no name for its pre_tokenizer");
  // llama.cpp does not normalize. NFC is accepted, because nearly all keyboards type composed characters.
  if (isObject(json.normalizer) && json.normalizer.type !== "NFC")
    throw refused(`its normalizer (${String(json.normalizer.type)}) changes text first`);
  return {
    entries: () => [
      ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
      ["tokenizer.ggml.pre", { type: "string", value: pre }],
      ["tokenizer.ggml.merges", { type: "array", of: "string", value: merges }],
      ["tokenizer.ggml.add_space_prefix", { type: "bool", value: false }],
    ],
    boundaryEntries: bosAndEos,
  };
}

/** llama.cpp always puts BERT's texts between the bos token and the separator. */
function wordPiece(json: JsonObject): Kind {
  const rules = wordRules(json);
  if (rules === undefined) throw refused("its BertNormalizer or BertPreTokenizer differs from BERT's");
  return {
    entries: () => [
      ["tokenizer.ggml.model", { type: "string", value: "bert" }],
      ["tokenizer.ggml.normalizer.lowercase", { type: "bool", value: rules.lowercase }],
      ["tokenizer.ggml.normalizer.strip_accents", { type: "bool", value: rules.stripAccents }],
    ],
    ggufTextOf: ggufPiece,
    boundaryEntries: ({ first, last }, { cls_token, sep_token }, ids) => {
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

/** SentencePiece's BPE: each piece gets a score, higher for earlier merges. */
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
    boundaryEntries: bosAndEos,
  };
}

interface Token {
  readonly text: string;
  readonly kind: keyof typeof kinds;
}

function tokensOf(json: JsonObject, { ggufTextOf = (text) => text }: Kind, count: number): readonly Token[] {
  const model = isObject(json.model) ? json.model : {};
  const tokens: (Token | undefined)[] = Array.from({ length: count });
  const put = (id: unknown, token: Token) => {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= count)
      throw refused(`its token ${JSON.stringify(token.text)} has the id ${String(id)}; the model has ${count} rows`);
    tokens[id] = token;
  };
  const wordOrUnknown = (text: string): Token =>
    text === model.unk_token ? { text, kind: "unknown" } : { text: ggufTextOf(text), kind: "normal" };
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

/** Special tokens: their keys in tokenizer_config.json, and their names in GGUF. */
const specialTokens = Object.entries({
  bos_token: "bos",
  eos_token: "eos",
  unk_token: "unknown",
  pad_token: "padding",
  cls_token: "cls",
  sep_token: "seperator",
  mask_token: "mask",
});

function specialTokenEntries(settings: JsonObject, ids: Ids): readonly Entry[] {
  return specialTokens.flatMap(([key, name]): Entry[] => {
    const value = ids.get(tokenText(settings[key]) ?? "");
    return value === undefined ? [] : [specialTokenEntry(name, value)];
  });
}

function specialTokenEntry(name: string, value: number): Entry {
  return [`tokenizer.ggml.${name}_token_id`, { type: "uint32", value }];
}

/** The special tokens before and after one text, if there are any. */
interface SurroundingTokens {
  readonly first: string | undefined;
  readonly last: string | undefined;
}

function surroundingTokens(processor: unknown): SurroundingTokens {
  const parts = isObject(processor) && Array.isArray(processor.processors) ? processor.processors : [processor];
  const bert = parts.find(
    (part) => isObject(part) && ["BertProcessing", "RobertaProcessing"].includes(String(part.type)),
  );
  if (isObject(bert)) {
    const [first, last] = [bert.cls, bert.sep].map((token) => (Array.isArray(token) ? tokenText(token[0]) : undefined));
    return { first, last };
  }
  const template = parts.find((part) => isObject(part) && part.type === "TemplateProcessing");
  const single = isObject(template) && Array.isArray(template.single) ? template.single : [];
  const tokenAt = (index: number) => {
    const part: unknown = single.at(index);
    return isObject(part) && isObject(part.SpecialToken) ? tokenText(part.SpecialToken.id) : undefined;
  };
  return { first: tokenAt(0), last: tokenAt(-1) };
}

function bosAndEos({ first, last }: SurroundingTokens, settings: JsonObject, ids: Ids): readonly Entry[] {
  const [bos, eos] = [tokenText(settings.bos_token), tokenText(settings.eos_token)];
  if (first !== undefined && first !== bos) throw refused(`a text begins with ${first}, which is not its bos_token`);
  return [
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: first !== undefined }],
    ["tokenizer.ggml.add_eos_token", { type: "bool", value: last !== undefined }],
    ...(last === undefined || last === eos ? [] : endOfTextEntries(last, eos, ids)),
  ];
}

/**
 * In Qwen 3's embedding models a text ends with another token than an answer. As in llama.cpp's converter, the token after a
 * text is "eos", and the one after an answer is "eot" (end of turn).
 */
function endOfTextEntries(last: string, eos: string | undefined, ids: Ids): readonly Entry[] {
  const [end, turn] = [ids.get(last), ids.get(eos ?? "")];
  if (end === undefined) throw refused(`a text ends with ${last}, which is not a token`);
  return [specialTokenEntry("eos", end), ...(turn === undefined ? [] : [specialTokenEntry("eot", turn)])];
}

/** The chat template: a text, or the one named "default" of a list. */
function templateEntries(template: unknown): readonly Entry[] {
  const named = Array.isArray(template) ? template.find((one) => isObject(one) && one.name === "default") : undefined;
  const value = isObject(named) ? named.template : template;
  return typeof value === "string" ? [["tokenizer.chat_template", { type: "string", value }]] : [];
}
