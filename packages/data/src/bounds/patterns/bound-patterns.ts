// Decides which of a tokenizer's patterns the JavaScript engine may run: known patterns, and patterns that cannot backtrack.
// Our own matcher runs the others in linear time. It takes up to ten times as long, and never longer.

import {
  type Normalizer,
  ReplaceDecoder,
  ReplaceNormalizer,
  ReplacePreTokenizer,
  SplitPreTokenizer,
  type Tokenizer,
} from "@huggingface/tokenizers";
import { tokenizerError } from "../../errors.ts";
import { partsOf, type TokenizerPart } from "../../tokenizer-json/parts-of.ts";
import { LinearRegExp } from "./linear-regexp.ts";
import { type PatternTree, parsePattern } from "./pattern-tree.ts";

/** Replaces patterns that may backtrack by `LinearRegExp`. Throws TOKENIZER_INVALID for one that cannot run in bounded time. */
export function boundPatterns({ normalizer, pre_tokenizer, decoder }: Tokenizer): void {
  for (const [name, part] of Object.entries({ normalizer, pre_tokenizer, decoder })) boundPart(part, name);
}

/**
 * Throws TOKENIZER_INVALID for a normalizer pattern that may backtrack, if there are added tokens: the library normalizes them in
 * its constructor, before `boundPatterns` can replace the pattern.
 */
export function checkNormalizerPatterns(normalizer: Normalizer): void {
  for (const { pattern, at } of patternsOf(normalizer, "normalizer")) {
    if (isQuick(pattern)) continue;
    const expected = "a text or a repeated character, because some added tokens are normalized";
    throw tokenizerError([`${at}.pattern: expected ${expected}, got ${JSON.stringify(pattern.source.slice(0, 60))}`]);
  }
}

function boundPart(part: TokenizerPart | null, name: string): void {
  for (const { owner, pattern, at } of patternsOf(part, name)) {
    if (isQuick(pattern) && !writesGroups(owner, pattern)) continue;
    try {
      Object.assign(owner, { pattern: new LinearRegExp(pattern.source) });
    } catch (cause) {
      throw tokenizerError([`${at}.pattern: ${(cause as Error).message}`], { cause });
    }
  }
}

interface LocatedPattern {
  readonly owner: object;
  readonly pattern: RegExp;
  readonly at: string;
}

function patternsOf(component: TokenizerPart | null, name: string): readonly LocatedPattern[] {
  return partsOf(component, name).flatMap(([at, part]) => {
    const hasPattern =
      part instanceof SplitPreTokenizer ||
      part instanceof ReplaceNormalizer ||
      part instanceof ReplacePreTokenizer ||
      part instanceof ReplaceDecoder;
    const pattern: unknown = hasPattern ? part.pattern : undefined;
    return pattern instanceof RegExp ? [{ owner: part, pattern, at }] : [];
  });
}

/** Whether JavaScript's `split` would insert the text of captured groups between the pieces, which Rust's does not. */
function writesGroups(owner: object, { source }: RegExp): boolean {
  if (!(owner instanceof SplitPreTokenizer)) return false;
  const { behavior, invert } = owner.config;
  if (behavior !== "Removed" || invert === true) return false;
  return (new RegExp(`${source}|`, "u").exec("")?.length ?? 1) > 1;
}

function isQuick({ source }: RegExp): boolean {
  if (isKnownPattern(source)) return true;
  try {
    const tree = parsePattern(source);
    return tree.kind === "choice" ? tree.parts.every(cannotBacktrack) : cannotBacktrack(tree);
  } catch {
    return false;
  }
}

/** Whether the pattern is fixed text or one repeated character: then a failed match has no alternative to try. */
function cannotBacktrack(tree: PatternTree): boolean {
  if (isCharacter(tree)) return true;
  if (tree.kind === "repeat") return isCharacter(tree.body) && tree.min <= 100;
  if (tree.kind !== "sequence") return false;
  const [only] = tree.parts;
  return tree.parts.length === 1 && only !== undefined ? cannotBacktrack(only) : tree.parts.every(isText);
}

function isText(tree: PatternTree): boolean {
  return tree.kind === "character" || (tree.kind === "sequence" && tree.parts.every(isText));
}

/** One character, also with a lookahead before it: `(?!x)[\s\S]`. */
function isCharacter(tree: PatternTree): boolean {
  if (tree.kind === "character") return true;
  if (tree.kind !== "sequence") return false;
  const consuming = tree.parts.filter(({ kind }) => kind !== "look");
  const looks = tree.parts.flatMap((part) => (part.kind === "look" ? [part.body] : []));
  return consuming.length === 1 && consuming.every(isCharacter) && looks.every(isOneOf);
}

function isOneOf(tree: PatternTree): boolean {
  return tree.kind === "choice" ? tree.parts.every(isOneOf) : isCharacter(tree);
}

// The patterns by which published tokenizers split texts into words. The engine runs them in linear time, because the text that
// one alternative gives up is matched by the next. The test next to this file runs them on texts that could show otherwise.

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const lineEndsAndSpaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const signs = " ?[^\\s\\p{L}\\p{N}]+";
const [upper, lower] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];

/** As written in tokenizer.json. */
export const publishedPatterns: readonly string[] = [
  // GPT-2, written as a Split.
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|${signs}|\\s+(?!\\S)|\\s+`,
  // GPT-4 and Llama 3, Qwen 2 and 3.
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${signs}[\\r\\n]*|${lineEndsAndSpaces}`,
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${signs}[\\r\\n]*|${lineEndsAndSpaces}`,
  // GPT-4o and gpt-oss.
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contractions}?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contractions}?|\\p{N}{1,3}|${signs}[\\r\\n/]*|${lineEndsAndSpaces}`,
  // BLOOM.
  " ?[^(\\s|[.,!?…。，、।۔،])]+",
];

let sources: ReadonlySet<string> | undefined;

/** Whether a RegExp's source is a published pattern, in the form that the library translates it to. */
export function isKnownPattern(source: string): boolean {
  sources ??= new Set(
    publishedPatterns.map((regex) => {
      return (
        new SplitPreTokenizer({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false }).pattern
          ?.source ?? ""
      );
    }),
  );
  return sources.has(source);
}
