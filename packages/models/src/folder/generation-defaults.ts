// What a model's files say of writing texts, where a call says nothing: transformers' generation_config.json goes before
// config.json. Of what is in them the tokens count; how a text is drawn or searched, a call says.

import type { WarningListener } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/families";
import { ModelFileError } from "../errors.ts";
import { type ModelFolder, readJsonObject } from "./model-folder.ts";

/** Tokens that come whatever their logits are (BART). */
export interface ForcedTokens {
  /** What is written first behind a single token, a decoder's start; null: what the logits say. */
  readonly first: number | null;
  /** What the last of `maxNewTokens` is one of; without any it is what the logits say. */
  readonly last: readonly number[];
}

/** Where a model's texts begin and end. */
export interface GenerationDefaults {
  /** A row ends with the first of these. */
  readonly eosTokenIds: readonly number[];
  /** With which an encoder–decoder's text begins; null where no file says so. */
  readonly decoderStartTokenId: number | null;
  readonly forced: ForcedTokens;
}

const file = "generation_config.json";

/** Of a configuration alone, as a GGUF file has it. */
export function defaultsOf(config: ModelConfig): GenerationDefaults {
  return {
    eosTokenIds: config.eosTokenIds,
    decoderStartTokenId: config.decoderStartTokenId ?? config.bosTokenId,
    forced: { first: null, last: [] },
  };
}

/** A folder's config.json as it stands there and as it was checked. */
export interface CheckedFile {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly config: ModelConfig;
}

/** Of a folder. Throws ModelFileError for entries that are no ids. */
export async function readGenerationDefaults(
  folder: ModelFolder,
  { raw, config }: CheckedFile,
  onWarning?: WarningListener,
): Promise<GenerationDefaults> {
  const own = await readOwnFile(folder, onWarning);
  const read = new TokenReader({ folder: folder.name, file: own === undefined ? "config.json" : file }, own ?? raw);
  const ends = read.ids("eos_token_id");
  const usual = defaultsOf(config);
  // transformers looks for forced tokens in config.json only if it is the only file.
  const [forcedFirst = null] = read.ids("forced_bos_token_id", config.vocabularySize) ?? [];
  // How the first BART files said it; transformers reads it in config.json alone.
  const first = own === undefined && raw.force_bos_token_to_be_generated === true ? config.bosTokenId : forcedFirst;
  return {
    eosTokenIds: ends ?? usual.eosTokenIds,
    decoderStartTokenId:
      read.ids("decoder_start_token_id", config.vocabularySize)?.[0] ??
      config.decoderStartTokenId ??
      read.ids("bos_token_id")?.[0] ??
      usual.decoderStartTokenId,
    forced: { first, last: read.ids("forced_eos_token_id", config.vocabularySize) ?? [] },
  };
}

/** Undefined where there is none, or none that can be read: as in transformers, training needs no such file. */
async function readOwnFile(
  folder: ModelFolder,
  onWarning?: WarningListener,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!(await folder.has(file))) return undefined;
  return readJsonObject(folder, file).catch((cause: unknown) => {
    if (!(cause instanceof ModelFileError)) throw cause;
    onWarning?.({ code: "GENERATION_CONFIG", message: `${cause.message} config.json is read in its place.` });
    return undefined;
  });
}

/** Takes ids out of an unchecked file. */
class TokenReader {
  constructor(
    private readonly place: { readonly folder: string; readonly file: string },
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** An id or a list of them; undefined where the file says nothing. −1 is how old files say "none". */
  ids(key: string, below = 2 ** 31): readonly number[] | undefined {
    const value = this.values[key] ?? undefined;
    if (value === undefined) return undefined;
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isId = (id: unknown): id is number => Number.isInteger(id) && Number(id) >= -1 && Number(id) < below;
    if (ids.every(isId)) return ids.filter((id) => id >= 0);
    const got = JSON.stringify(value).slice(0, 60);
    const expected = `a token id from 0 to ${below - 1}, or a list of them`;
    throw new ModelFileError(this.place.folder, this.place.file, `${key} is ${got}; expected ${expected}`);
  }
}
