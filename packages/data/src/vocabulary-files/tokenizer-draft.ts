// The parts in which the classes of tokenizers differ. `finishedTokenizer` adds the special tokens that a folder names.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";

/** Keys of special tokens in tokenizer_config.json, in the order in which transformers adds missing ones to the vocabulary. */
export const specialTokenKeys = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

export type SpecialTokenKey = (typeof specialTokenKeys)[number];

/** Default special tokens of a class, for folders that do not name them. */
export type SpecialTokens = Readonly<Partial<Record<SpecialTokenKey, string>>>;

/** A token that is searched for in a text before the text is split. The fields are those of tokenizer.json. */
export interface DraftToken {
  readonly content: string;
  readonly special: boolean;
  readonly lstrip?: boolean;
}

/** The input for one text and for two: keys of special tokens, other tokens by their text, and "A" and "B" for the texts. */
export interface TextTemplate {
  readonly single: readonly string[];
  readonly pair: readonly string[];
  /** Whether the second text and the tokens after it have segment 1. */
  readonly hasSegments?: boolean;
}

/** RoBERTa's (Liu et al. 2019), which many models use. */
export const robertaTokens = {
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  sep_token: "</s>",
  pad_token: "<pad>",
  cls_token: "<s>",
  mask_token: "<mask>",
} as const satisfies SpecialTokens;

export const robertaTemplate: TextTemplate = {
  single: ["cls_token", "A", "sep_token"],
  pair: ["cls_token", "A", "sep_token", "sep_token", "B", "sep_token"],
};

/** BERT's (Devlin et al. 2018). */
export const bertTemplate: TextTemplate = {
  single: ["cls_token", "A", "sep_token"],
  pair: ["cls_token", "A", "sep_token", "B", "sep_token"],
  hasSegments: true,
};

/** The contents of a tokenizer.json, before added tokens and the template are completed. */
export interface TokenizerDraft {
  /** By id. */
  readonly tokens: readonly string[];
  /** As tokenizer.json has it, with its vocabulary. */
  readonly model: JsonObject;
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoder: object;
  readonly template: TextTemplate | null;
  /** Tokens of the vocabulary that are searched for in texts, or new tokens after the special tokens. */
  readonly added: readonly DraftToken[];
  /** Parts that differ for targets of an encoder–decoder. */
  readonly target?: JsonObject;
  /** Fields of tokenizer_config.json that the class overrides. */
  readonly config?: JsonObject;
}

/** Reads a folder's files for a class. Each method throws TOKENIZER_INVALID for a broken file. */
export interface VocabularySource {
  /** special_tokens_map.json, overridden by tokenizer_config.json. */
  readonly config: JsonObject;
  /** The text of a special token; undefined for none. */
  specialToken(key: SpecialTokenKey): string | undefined;
  sentencePiece(file: string): Promise<SentencePieceModel>;
  json(file: string): Promise<unknown>;
  text(file: string): Promise<string>;
}

/** How to build one of transformers' tokenizer classes from its files. */
export interface TokenizerClass {
  /** Names of the class, without "Fast". */
  readonly names: readonly string[];
  /** Values of `model_type` in config.json that use this class. */
  readonly modelTypes: readonly string[];
  readonly files: readonly string[];
  readonly specialTokens: SpecialTokens;
  draft(source: VocabularySource): Promise<TokenizerDraft>;
}

const maxTokens = 2 ** 22;

/** The ids of a parsed vocab.json. Throws TOKENIZER_INVALID for anything else. */
export function numberedTokens(json: unknown, file: string): ReadonlyMap<string, number> {
  const entries = isObject(json) ? Object.entries(json) : undefined;
  if (entries === undefined) throw tokenizerError([`${file}: expected an object with an id for each token`]);
  const wrong = entries.find(([, id]) => !(Number.isInteger(id) && Number(id) >= 0 && Number(id) < maxTokens));
  if (wrong === undefined) return new Map(entries.map(([token, id]) => [token, Number(id)]));
  const got = JSON.stringify(wrong[1]) ?? "nothing";
  const token = JSON.stringify(wrong[0].slice(0, 40));
  throw tokenizerError([`${file}: expected an id from 0 to ${maxTokens - 1} for ${token}, got ${got.slice(0, 40)}`]);
}

/** Tokens by id; an empty text for an id without a token. */
export function tokensInOrder(ids: ReadonlyMap<string, number>): readonly string[] {
  const size = [...ids.values()].reduce((largest, id) => Math.max(largest, id + 1), 0);
  const tokens: string[] = new Array(size).fill("");
  for (const [token, id] of ids) tokens[id] = token;
  return tokens;
}

/** mBART's (Liu et al. 2020). */
export const languagesOfMBart: readonly string[] = (
  "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM ne_NP nl_XX " +
  "ro_RO ru_RU si_LK tr_TR vi_VN zh_CN"
).split(" ");

/** mBART-50's (Tang et al. 2020). */
export const languagesOfMBart50: readonly string[] = [
  ...languagesOfMBart,
  ...(
    "af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN " +
    "th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI"
  ).split(" "),
];

/** M2M-100's (Fan et al. 2020) and WMT21's. */
export const languagesOfM2M100: Readonly<Record<string, readonly string[]>> = {
  m2m100: (
    "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr ht hu hy id ig ilo " +
    "is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr " +
    "ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu"
  ).split(" "),
  wmt21: "en ha is ja cs ru zh de".split(" "),
};
