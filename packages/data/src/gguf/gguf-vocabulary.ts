// Reads and checks the tokenizer's entries of a GGUF file's metadata. The file is not trusted: sizes are limited before any
// work is done. Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { tokenizerError } from "../errors.ts";

/** A GGUF file's metadata by key, as `openGguf` of `@lowrank/gguf` gives it. */
export type GgufMetadata = ReadonlyMap<string, unknown>;

/** Types of tokens; GGUF numbers them from 1. */
const kinds = ["normal", "unknown", "control", "user-defined", "unused", "byte"] as const;

export interface GgufToken {
  readonly text: string;
  readonly kind: (typeof kinds)[number];
}

/** Ids of the special tokens that the file names. */
export type GgufSpecialTokens = Readonly<
  Partial<Record<"bos" | "eos" | "unknown" | "padding" | "classify" | "separator" | "mask", number>>
>;

type FlagName = "addBos" | "addEos" | "addSpacePrefix" | "removeExtraSpaces" | "lowercase" | "stripAccents";

/** A tokenizer's entries; the index of a token is its id. */
export interface GgufVocabulary {
  /** "gpt2", "llama", "bert". */
  readonly model: string;
  /** The name of the rule that splits text into words (`tokenizer.ggml.pre`), if the file has it. */
  readonly pre: string | undefined;
  readonly tokens: readonly GgufToken[];
  /** In order of rank. */
  readonly merges: readonly (readonly [string, string])[] | undefined;
  /** One for each token; pieces with the highest score are merged first. */
  readonly scores: readonly number[] | undefined;
  readonly specialTokens: GgufSpecialTokens;
  readonly flags: Readonly<Partial<Record<FlagName, boolean>>>;
  readonly chatTemplate: string | undefined;
}

/** Gemma 3 has 262 144 tokens; merges are about as many. */
const maxEntries = 2 ** 21;
/** The longest common tokens are 128 spaces. */
const longestToken = 1024;
const longestTemplate = 1_000_000;

/** Reads the entries. Throws TOKENIZER_INVALID with all their problems. */
export function readGgufVocabulary(metadata: GgufMetadata): GgufVocabulary {
  const problems: string[] = [];
  const value = (key: string) => metadata.get(`tokenizer.${key}`);
  const text = (key: string, max: number): string | undefined => {
    const got = value(key);
    if (got === undefined || (typeof got === "string" && got.length <= max)) return got;
    problems.push(`tokenizer.${key}: expected a text of at most ${max} characters`);
    return undefined;
  };
  const flag = (key: string): boolean | undefined => {
    const got = value(key);
    if (got === undefined || typeof got === "boolean") return got;
    problems.push(`tokenizer.${key}: expected true or false`);
    return undefined;
  };
  const list = <T>(key: string, length: number | undefined, read: (entry: unknown) => T | undefined) => {
    const got = value(key);
    if (got === undefined) return undefined;
    const found = readList(got, length, read);
    if (typeof found !== "string") return found;
    problems.push(`tokenizer.${key}${found}`);
    return undefined;
  };
  const texts = list("ggml.tokens", undefined, tokenText);
  if (texts === undefined && value("ggml.tokens") === undefined) problems.push("tokenizer.ggml.tokens: missing");
  const types = list("ggml.token_type", texts?.length, (entry) => kinds[Number(entry) - 1]);
  const scores = list("ggml.scores", texts?.length, (entry) => (Number.isFinite(entry) ? Number(entry) : undefined));
  const merges = list("ggml.merges", undefined, mergedPair);
  const id = (name: string): number | undefined => {
    const got = value(`ggml.${name}_token_id`);
    if (got === undefined) return undefined;
    const number = Number(got);
    if (Number.isInteger(number) && number >= 0 && number < (texts?.length ?? 0)) return number;
    problems.push(`tokenizer.ggml.${name}_token_id: expected the id of a token`);
    return undefined;
  };
  const vocabulary: GgufVocabulary = {
    model: text("ggml.model", 64) ?? "",
    pre: text("ggml.pre", 64),
    tokens: (texts ?? []).map((token, index) => ({ text: token, kind: types?.[index] ?? "normal" })),
    merges,
    scores,
    specialTokens: {
      bos: id("bos"),
      eos: id("eos"),
      unknown: id("unknown"),
      padding: id("padding"),
      classify: id("cls"),
      separator: id("seperator"), // as the format spells it
      mask: id("mask"),
    } as GgufSpecialTokens,
    flags: {
      addBos: flag("ggml.add_bos_token"),
      addEos: flag("ggml.add_eos_token"),
      addSpacePrefix: flag("ggml.add_space_prefix"),
      removeExtraSpaces: flag("ggml.remove_extra_whitespaces"),
      lowercase: flag("ggml.normalizer.lowercase"),
      stripAccents: flag("ggml.normalizer.strip_accents"),
    } as GgufVocabulary["flags"],
    chatTemplate: text("chat_template", longestTemplate),
  };
  problems.push(...repeatedTokens(texts ?? []));
  if (problems.length > 0) throw tokenizerError(problems);
  return vocabulary;
}

/** The entries of a list, or the end of an error message that starts with the key. */
function readList<T>(
  got: unknown,
  length: number | undefined,
  read: (entry: unknown) => T | undefined,
): readonly T[] | string {
  if (!Array.isArray(got)) return ": expected a list";
  if (got.length > maxEntries) return `: ${got.length} entries, more than ${maxEntries}`;
  if (length !== undefined && got.length !== length) return `: ${got.length} entries for ${length} tokens`;
  const entries: T[] = [];
  for (const [index, entry] of got.entries()) {
    const one = read(entry);
    if (one === undefined) return `[${index}]: got ${JSON.stringify(String(entry).slice(0, 40))}`;
    entries.push(one);
  }
  return entries;
}

function tokenText(entry: unknown): string | undefined {
  return typeof entry === "string" && entry.length <= longestToken ? entry : undefined;
}

/** Splits "Ġ t". The separating space is never the first character, and byte-level tokens contain no space. */
function mergedPair(entry: unknown): readonly [string, string] | undefined {
  if (typeof entry !== "string" || entry.length > 2 * longestToken + 1) return undefined;
  const space = entry.indexOf(" ", 1);
  return space === -1 || space === entry.length - 1 ? undefined : [entry.slice(0, space), entry.slice(space + 1)];
}

/** Problems of texts with two ids: one of the ids could never be used. */
function repeatedTokens(texts: readonly string[]): string[] {
  const seen = new Map<string, number>();
  const problems: string[] = [];
  for (const [id, token] of texts.entries()) {
    const earlier = seen.get(token);
    if (earlier === undefined) seen.set(token, id);
    else if (problems.length < 3) {
      const shown = JSON.stringify(token.slice(0, 40));
      problems.push(`tokenizer.ggml.tokens[${id}]: ${shown} is the token ${earlier} already`);
    }
  }
  return problems;
}

export interface TokenizerParts {
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoder: object;
  /** Fields of the model, without its vocabulary. */
  readonly model: Readonly<Record<string, unknown>>;
  /** Converts a token of the GGUF file to its text in tokenizer.json. Absent: the texts are the same. */
  readonly wordOf?: (token: GgufToken) => string;
  /** Whether a text starts with the bos token, if the file does not define it. */
  readonly addsBos: boolean;
  /** The special tokens around a text. With `isOneForBoth` only the first of two texts has the start token. */
  readonly template?: {
    readonly start: keyof GgufSpecialTokens;
    readonly end: keyof GgufSpecialTokens;
    readonly isOneForBoth: boolean;
  };
  /** Ids of special tokens that the file does not name. */
  readonly defaultTokens: GgufSpecialTokens;
}
