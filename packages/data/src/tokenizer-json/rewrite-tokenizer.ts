// Replaces parts of a tokenizer.json that the JavaScript library lacks, or computes differently from Rust's tokenizers, by
// parts that both compute alike.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";

type Part = unknown;

/** `\w` of Rust's regex crate. */
const inWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
/** Rust's `is_whitespace`: with U+0085, without the byte order mark. */
const spaces = "\\p{White_Space}+";
/** ASCII punctuation, with `$` and `<`, and Unicode's category P. */
const punctuation = "[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]";
/** Words, and runs of other characters that are not white space. */
const words = `[${inWord}]+|[^${inWord}\\p{White_Space}]+`;

/** The library's classes are ASCII, Rust's are Unicode: every number (½, ①, Ⅳ) for `Digits`, every letter (é, 서) for `Whitespace`. */
export function rewritePreTokenizer(part: Part): Part {
  if (!isObject(part)) return part;
  switch (part.type) {
    case "Sequence":
      return Array.isArray(part.pretokenizers)
        ? { ...part, pretokenizers: part.pretokenizers.map(rewritePreTokenizer) }
        : part;
    case "Digits":
      return split(part.individual_digits === true ? "\\p{N}" : "\\p{N}+", "Isolated");
    case "Whitespace":
      return pieces(words);
    case "WhitespaceSplit":
      return split(spaces, "Removed");
    case "BertPreTokenizer":
      return { type: "Sequence", pretokenizers: [split(spaces, "Removed"), split(punctuation, "Isolated")] };
    case "Punctuation":
      return splitAs(punctuation, { behavior: part.behavior ?? "Isolated" }) ?? part;
    case "CharDelimiterSplit":
      return typeof part.delimiter === "string" ? split(literal(part.delimiter), "Removed") : part;
    case "Split":
      return rewriteSplit(part);
    case "Replace":
      return literalReplace(part);
    default:
      return part;
  }
}

/** The library supports two of the five behaviours, and drops the text between the matches of an inverted split. */
function rewriteSplit(part: JsonObject): Part {
  const { pattern, behavior, invert } = part;
  if (!isObject(pattern)) return part;
  const text = typeof pattern.String === "string" ? literal(pattern.String) : pattern.Regex;
  return typeof text === "string" ? (splitAs(text, { behavior, invert }) ?? part) : part;
}

/** Rust's split with any behaviour; undefined for an unknown behaviour. */
function splitAs(
  pattern: string,
  { behavior, invert }: { readonly behavior: unknown; readonly invert?: unknown },
): Part | undefined {
  const match = `(?:${pattern})`;
  const gap = `(?:(?!${match})[\\s\\S])+`;
  const isInverted = invert === true;
  switch (behavior) {
    case "Isolated":
      return split(pattern, "Isolated");
    case "Removed":
      return isInverted ? pieces(pattern) : split(pattern, "Removed");
    case "Contiguous":
      return pieces(`${match}+|${gap}`);
    case "MergedWithPrevious":
      return pieces(isInverted ? `${match}(?:${gap})?|${gap}` : `(?:${gap})?${match}|${gap}`);
    case "MergedWithNext":
      return pieces(isInverted ? `(?:${gap})?${match}|${gap}` : `${match}${gap}|${match}|${gap}`);
    default:
      return undefined;
  }
}

/** Splits at the matches of a pattern. */
function split(pattern: string, behavior: "Isolated" | "Removed"): Part {
  return { type: "Split", pattern: { Regex: pattern }, behavior, invert: false };
}

/** Keeps only the matches of a pattern. */
function pieces(pattern: string): Part {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Removed", invert: true };
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Rust lower-cases letter by letter: Σ is σ at the end of a word too, where JavaScript writes ς. */
const sigmas = { type: "Replace", pattern: { String: "Σ" }, content: "σ" };

/** Chinese characters beyond U+FFFF: the library reads one UTF-16 unit at a time, and does not put spaces around them. */
const rareHan = {
  type: "Replace",
  pattern: { Regex: "[\\u{20000}-\\u{2A6DF}\\u{2A700}-\\u{2B81F}\\u{2B920}-\\u{2CEAF}\\u{2F800}-\\u{2FA1F}]" },
  content: " $& ",
};

/** SentencePiece's NMT rules: they remove control characters, and replace others by a space. */
const nmt = {
  type: "Sequence",
  normalizers: [
    { type: "Replace", pattern: { Regex: "[\\x01-\\x08\\x0B\\x0E-\\x1F\\x7F\\x8F\\x9F]" }, content: "" },
    {
      type: "Replace",
      pattern: { Regex: "[\\x09\\x0A\\x0C\\x0D\\u1680\\u200B-\\u200F\\u2028\\u2029\\u2581\\uFEFF\\uFFFD]" },
      content: " ",
    },
  ],
};

/** Replaces normalizers of a tokenizer.json. */
export function rewriteNormalizer(part: Part): Part {
  if (!isObject(part)) return part;
  if (part.type === "Nmt") return nmt;
  if (part.type === "Replace") return literalReplace(part);
  if (part.type === "Lowercase") return { type: "Sequence", normalizers: [sigmas, part] };
  if (part.type === "BertNormalizer") {
    const before = [
      ...(part.lowercase === true ? [sigmas] : []),
      ...(part.handle_chinese_chars === true ? [rareHan] : []),
    ];
    return { type: "Sequence", normalizers: [...before, part] };
  }
  if (part.type !== "Sequence" || !Array.isArray(part.normalizers)) return part;
  return { ...part, normalizers: part.normalizers.map(rewriteNormalizer) };
}

/** Replaces decoders of a tokenizer.json. */
export function rewriteDecoder(part: Part): Part {
  if (!isObject(part)) return part;
  if (part.type === "Replace") return literalReplace(part);
  if (part.type !== "Sequence" || !Array.isArray(part.decoders)) return part;
  return { ...part, decoders: part.decoders.map(rewriteDecoder) };
}

/** Rust inserts the content unchanged; in JavaScript `$&` means the match, and `` $` `` the text before it. */
function literalReplace(part: JsonObject): Part {
  return typeof part.content === "string" ? { ...part, content: part.content.replaceAll("$", "$$$$") } : part;
}

/** RoBERTa's pairs have segment 0 only: its models have no other. */
export function rewritePostProcessor(part: Part): Part {
  if (!isObject(part)) return part;
  if (part.type === "Sequence" && Array.isArray(part.processors)) {
    return { ...part, processors: part.processors.map(rewritePostProcessor) };
  }
  const [cls, sep] = [part.cls, part.sep].map((specialToken) =>
    Array.isArray(specialToken) ? specialToken[0] : undefined,
  );
  if (part.type !== "RobertaProcessing" || typeof cls !== "string" || typeof sep !== "string") return part;
  const specialToken = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = (id: "A" | "B") => ({ Sequence: { id, type_id: 0 } });
  const single = [specialToken(cls), text("A"), specialToken(sep)];
  return { type: "TemplateProcessing", single, pair: [...single, specialToken(sep), text("B"), specialToken(sep)] };
}
