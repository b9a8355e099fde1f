// What the classes of tokenizers differ in, before the marks that a folder names are put in.

import { isObject, type JsonObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";

/** Marks by their keys in tokenizer_config.json, in the order in which transformers adds those that the vocabulary lacks. */
export const markKeys = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

export type MarkKey = (typeof markKeys)[number];

/** What a class calls its marks where the folder does not name them. */
export type UsualMarks = Readonly<Partial<Record<MarkKey, string>>>;

/** A token that is looked for in a text before it is cut, as tokenizer.json has it. */
export interface DraftToken {
  readonly content: string;
  readonly special: boolean;
  readonly lstrip?: boolean;
}

/** Around one text and around two: marks by key, other tokens as they are, "A" and "B" for the texts. */
export interface Frame {
  readonly single: readonly string[];
  readonly pair: readonly string[];
  /** Whether the second text, with what follows it, is a segment of its own. */
  readonly hasSegments?: boolean;
}

/** RoBERTa's (Liu et al. 2019), which many have taken over. */
export const robertaMarks = {
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  sep_token: "</s>",
  pad_token: "<pad>",
  cls_token: "<s>",
  mask_token: "<mask>",
} as const satisfies UsualMarks;

export const robertaFrame: Frame = {
  single: ["cls_token", "A", "sep_token"],
  pair: ["cls_token", "A", "sep_token", "sep_token", "B", "sep_token"],
};

/** BERT's (Devlin et al. 2018). */
export const bertFrame: Frame = {
  single: ["cls_token", "A", "sep_token"],
  pair: ["cls_token", "A", "sep_token", "B", "sep_token"],
  hasSegments: true,
};

/** A tokenizer.json without its added tokens and its template. */
export interface TokenizerDraft {
  /** By id. */
  readonly tokens: readonly string[];
  /** As tokenizer.json has it, with its vocabulary. */
  readonly model: JsonObject;
  readonly normalizer: object | null;
  readonly preTokenizer: object | null;
  readonly decoder: object;
  readonly frame: Frame | null;
  /** Tokens of the vocabulary that are looked for in texts, or that are to be added behind the marks. */
  readonly added: readonly DraftToken[];
  /** What is done otherwise to texts that a decoder is to write. */
  readonly target?: JsonObject;
  /** Fields of tokenizer_config.json that the class says otherwise than the folder. */
  readonly config?: JsonObject;
}

/** A folder's files as a class reads them. Each throws TokenizerError for what is broken. */
export interface VocabularySource {
  /** tokenizer_config.json, with what special_tokens_map.json says beside it. */
  readonly config: JsonObject;
  /** A mark's text; undefined where there is none. */
  mark(key: MarkKey): string | undefined;
  sentencePiece(file: string): Promise<SentencePieceModel>;
  json(file: string): Promise<unknown>;
  text(file: string): Promise<string>;
}

/** How one of transformers' classes is made of the files it is saved as. */
export interface TokenizerClass {
  /** Its names, without "Fast". */
  readonly names: readonly string[];
  /** The `model_type`s of config.json whose tokenizer it is. */
  readonly modelTypes: readonly string[];
  readonly files: readonly string[];
  readonly marks: UsualMarks;
  draft(source: VocabularySource): Promise<TokenizerDraft>;
}

const maxTokens = 2 ** 22;

/** A parsed vocab.json. Throws TokenizerError for what is none. */
export function numberedTokens(json: unknown, file: string): ReadonlyMap<string, number> {
  const entries = isObject(json) ? Object.entries(json) : undefined;
  if (entries === undefined) throw new TokenizerError([`${file}: expected an object with an id for each token`]);
  const wrong = entries.find(([, id]) => !(Number.isInteger(id) && Number(id) >= 0 && Number(id) < maxTokens));
  if (wrong === undefined) return new Map(entries.map(([token, id]) => [token, Number(id)]));
  const got = JSON.stringify(wrong[1]) ?? "nothing";
  const token = JSON.stringify(wrong[0].slice(0, 40));
  throw new TokenizerError([
    `${file}: expected an id from 0 to ${maxTokens - 1} for ${token}, got ${got.slice(0, 40)}`,
  ]);
}

/** Tokens by id; empty where an id has none. */
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
