// Defaults of generation from a model's files: as in transformers, generation_config.json overrides config.json.

import type { WarningListener } from "@lowrank/contracts";
import { LowrankError } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { modelFileError } from "../errors.ts";
import { type ModelFolder, readJsonObject } from "./model-folder.ts";
import { noWritingDefaults, readWritingDefaults, type WritingDefaults } from "./writing-defaults.ts";

/** Tokens that come whatever their logits are (BART). */
export interface ForcedTokens {
  /** The token that is forced after the decoder's start token; null: none. */
  readonly first: number | null;
  /** The last of `maxNewTokens` must be one of these; empty: any token. */
  readonly last: readonly number[];
}

/** Tokens that never come (Marian, Whisper). */
export interface BannedTokens {
  /** Sequences whose last token is banned after the others; a single token is always banned. */
  readonly sequences: readonly (readonly number[])[];
  /** Tokens that cannot be the first that a model chooses. */
  readonly first: readonly number[];
}

/** How a model's texts begin and end, and the settings of generation in its files. */
export interface GenerationDefaults {
  /** A row ends with the first of these. */
  readonly eosTokenIds: readonly number[];
  /** The first token of an encoder–decoder's text; null if no file has one. */
  readonly decoderStartTokenId: number | null;
  readonly forced: ForcedTokens;
  readonly banned: BannedTokens;
  /** The defaults that generation_config.json alone has. */
  readonly writing: WritingDefaults;
}

const file = "generation_config.json";

/** The defaults of a configuration alone, as a GGUF file has it. */
export function defaultsOf(config: ModelConfig): GenerationDefaults {
  return {
    eosTokenIds: config.eosTokenIds,
    decoderStartTokenId: config.decoderStartTokenId ?? config.bosTokenId,
    forced: { first: null, last: [] },
    banned: { sequences: [], first: [] },
    writing: noWritingDefaults,
  };
}

/** A folder's config.json, unchecked and checked. */
export interface CheckedFile {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly config: ModelConfig;
}

/** Reads a folder's defaults. Throws MODEL_FILE for entries that are not ids. */
export async function readGenerationDefaults(
  folder: ModelFolder,
  { raw, config }: CheckedFile,
  onWarning?: WarningListener,
): Promise<GenerationDefaults> {
  const fromFile = await readGenerationConfig(folder, onWarning);
  const source = { folder: folder.name, file: fromFile === undefined ? "config.json" : file };
  const read = new TokenReader(source, fromFile ?? raw);
  const ends = read.ids("eos_token_id");
  const usual = defaultsOf(config);
  // transformers looks for forced tokens in config.json only if it is the only file.
  const [forcedFirst = null] = read.ids("forced_bos_token_id", config.vocabularySize) ?? [];
  // The first BART files write it like this; transformers reads it in config.json only.
  const first =
    fromFile === undefined && raw.force_bos_token_to_be_generated === true ? config.bosTokenId : forcedFirst;
  return {
    eosTokenIds: ends ?? usual.eosTokenIds,
    decoderStartTokenId:
      read.ids("decoder_start_token_id", config.vocabularySize)?.[0] ??
      config.decoderStartTokenId ??
      read.ids("bos_token_id")?.[0] ??
      usual.decoderStartTokenId,
    forced: { first, last: read.ids("forced_eos_token_id", config.vocabularySize) ?? [] },
    banned: bannedIn(read, config.vocabularySize, ends ?? usual.eosTokenIds),
    writing: fromFile === undefined ? usual.writing : readWritingDefaults(fromFile, source, onWarning),
  };
}

/** An end alone is never banned, as in transformers. */
function bannedIn(read: TokenReader, vocabularySize: number, ends: readonly number[]): BannedTokens {
  const words = read.sequences("bad_words_ids", vocabularySize);
  const isEnd = ([id, ...more]: readonly number[]) => more.length === 0 && id !== undefined && ends.includes(id);
  const alone = read.ids("suppress_tokens", vocabularySize) ?? [];
  return {
    sequences: [...words.filter((word) => !isEnd(word)), ...alone.map((id) => [id])],
    first: read.ids("begin_suppress_tokens", vocabularySize) ?? [],
  };
}

/** Undefined if the file is missing or unreadable: as in transformers, training does not need it. */
async function readGenerationConfig(
  folder: ModelFolder,
  onWarning?: WarningListener,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!(await folder.has(file))) return undefined;
  return readJsonObject(folder, file).catch((cause: unknown) => {
    if (!LowrankError.isInstance(cause, "MODEL_FILE")) throw cause;
    onWarning?.({ code: "GENERATION_CONFIG", message: `${cause.message} config.json is read instead.` });
    return undefined;
  });
}

/** Takes ids out of an unchecked file. */
class TokenReader {
  constructor(
    private readonly source: { readonly folder: string; readonly file: string },
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** An id or a list of ids; undefined if the file has none. Old files write −1 for "none". */
  ids(key: string, below = 2 ** 31): readonly number[] | undefined {
    const value = this.values[key] ?? undefined;
    if (value === undefined) return undefined;
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isId = (id: unknown): id is number => Number.isInteger(id) && Number(id) >= -1 && Number(id) < below;
    if (ids.every(isId)) return ids.filter((id) => id >= 0);
    throw this.#wrong(key, `a token id from 0 to ${below - 1}, or a list of them`);
  }

  /** A list of lists of ids, none of them empty. */
  sequences(key: string, below: number): readonly (readonly number[])[] {
    const value = this.values[key] ?? [];
    const isId = (id: unknown): id is number => Number.isInteger(id) && Number(id) >= 0 && Number(id) < below;
    const isSequence = (ids: unknown): ids is readonly number[] =>
      Array.isArray(ids) && ids.length > 0 && ids.every(isId);
    if (Array.isArray(value) && value.every(isSequence)) return value;
    throw this.#wrong(key, `a list of lists of token ids from 0 to ${below - 1}`);
  }

  #wrong(key: string, expected: string): LowrankError {
    const got = JSON.stringify(this.values[key]).slice(0, 60);
    return modelFileError(this.source.folder, this.source.file, `${key} is ${got}; expected ${expected}`);
  }
}
