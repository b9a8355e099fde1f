// The parts that a tokenizer.json may have, with the fields that the library does not check itself. Other fields are not
// read. A null or missing field has its default, unless `isNeeded`.

import { isObject } from "@lowrank/contracts/internal";

/** What a field must contain. */
export interface FieldRule {
  readonly expected: string;
  readonly isNeeded?: boolean;
  accepts(value: unknown): boolean;
}

export type PartRules = Readonly<Record<string, Readonly<Record<string, FieldRule>>>>;

const maxTextLength = 1024;

const flag: FieldRule = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
const text: FieldRule = {
  expected: `a text of at most ${maxTextLength} characters`,
  accepts: (value) => typeof value === "string" && value.length <= maxTextLength,
};
const character: FieldRule = {
  expected: "one character",
  accepts: (value) => typeof value === "string" && [...value.slice(0, 3)].length === 1 && value.length < 3,
};
const parts: FieldRule = { expected: "a list of parts", isNeeded: true, accepts: Array.isArray };
const pattern: FieldRule = {
  expected: 'a text or {"String": …} or {"Regex": …}',
  isNeeded: true,
  accepts: (value) =>
    isObject(value) && [value.String, value.Regex].filter((text) => typeof text === "string").length === 1,
};
const tokenAndId: FieldRule = {
  expected: "a token and its id",
  isNeeded: true,
  accepts: (value) => Array.isArray(value) && typeof value[0] === "string" && isCount(value[1]),
};
const count: FieldRule = { expected: "a whole number from 0", accepts: isCount };
const length: FieldRule = {
  expected: "a whole number from 1",
  isNeeded: true,
  accepts: (value) => isCount(value) && value > 0,
};
const behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
const behavior: FieldRule = {
  expected: `one of ${behaviors.join(", ")}`,
  accepts: (value) => typeof value === "string" && behaviors.includes(value),
};
const needed = (rule: FieldRule): FieldRule => ({ ...rule, isNeeded: true });

const replace = { pattern, content: needed(text) };
const byteLevel = { add_prefix_space: flag, trim_offsets: flag, use_regex: flag };

export const normalizerRules: PartRules = {
  Sequence: { normalizers: parts },
  Replace: replace,
  Prepend: { prepend: needed(text) },
  BertNormalizer: { clean_text: flag, handle_chinese_chars: flag, strip_accents: flag, lowercase: flag },
  Strip: { strip_left: flag, strip_right: flag },
};

export const preTokenizerRules: PartRules = {
  Sequence: { pretokenizers: parts },
  Split: { pattern, behavior: needed(behavior), invert: flag },
  Punctuation: { behavior },
  Digits: { individual_digits: flag },
  CharDelimiterSplit: { delimiter: needed(character) },
  Metaspace: { replacement: character, str_rep: character },
  ByteLevel: byteLevel,
  FixedLength: { length },
  Replace: replace,
};

export const postProcessorRules: PartRules = {
  Sequence: { processors: parts },
  BertProcessing: { sep: tokenAndId, cls: tokenAndId },
  RobertaProcessing: { sep: tokenAndId, cls: tokenAndId },
  ByteLevel: byteLevel,
};

export const decoderRules: PartRules = {
  Sequence: { decoders: parts },
  Replace: replace,
  Strip: { content: text, start: count, stop: count },
  Metaspace: { replacement: character },
  WordPiece: { prefix: text, cleanup: flag },
  BPEDecoder: { suffix: text },
  CTC: { pad_token: text, word_delimiter_token: text, cleanup: flag },
};

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
