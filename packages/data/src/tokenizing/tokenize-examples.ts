// Tokenizes many examples, and counts those that the length limit affected.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { Example } from "../example.ts";
import { checkLabelKinds, rowLabel } from "../reading/label-kinds.ts";
import type { RowList } from "../row-list.ts";
import type { PromptTemplate } from "../templates/prompt-template.ts";
import type { TokenizedExample } from "../tokenized-example.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { isTrainable } from "./shorten-sequence.ts";
import { tokenizeSourceTargets } from "./source-target.ts";
import { cachedPrefixes, type TokenizeOptions, tokenizeRow } from "./tokenize-example.ts";

/** Tokenized examples, and how many were left out or cut. */
export interface TokenizedExamples {
  readonly examples: readonly TokenizedExample[];
  /** For each of `examples`, the index of its source. For an encoder–decoder, each answer of a conversation is an example. */
  readonly indices: readonly number[];
  /** How many were left out because no token is trained. */
  readonly skipped: number;
  /** How many of `examples` have exactly the maximum length, so they were probably cut. */
  readonly atLimit: number;
}

/** Options of `tokenizeExamples`. */
export interface TokenizeExamplesOptions extends TokenizeOptions {
  /** For encoder–decoders: the maximum number of tokens of a target. */
  readonly maxTargetLength?: number | undefined;
}

const optionNames: OptionNames<TokenizeExamplesOptions> = {
  maxLength: true,
  maxTargetLength: true,
  labelIds: true,
  problem: true,
  classes: true,
  prompts: true,
};

/**
 * Tokenizes examples like `tokenizeExample`, or with `maxTargetLength` like `tokenizeSourceTargets`. Examples without a trained
 * token are left out and counted.
 */
export function tokenizeExamples(
  examples: readonly Example[],
  tokenizer: TextTokenizer,
  template: PromptTemplate,
  options: TokenizeExamplesOptions,
): TokenizedExamples {
  refuseUnknownOptions("tokenizeExamples", options, optionNames);
  const { maxLength, maxTargetLength } = options;
  const row = { tokenizer, template, idsOfPrefix: cachedPrefixes(tokenizer) };
  const tokensOf = (example: Example): readonly TokenizedExample[] => {
    if (maxTargetLength === undefined || hasNoTarget(example)) return [tokenizeRow(example, row, options)];
    return tokenizeSourceTargets(example, tokenizer, template, { maxLength, maxTargetLength });
  };
  const tokenized: TokenizedExample[] = [];
  const indices: number[] = [];
  for (const [index, example] of examples.entries()) {
    const trainable = tokensOf(example).filter((tokens) => isTrainable(tokens));
    tokenized.push(...trainable);
    indices.push(...trainable.map(() => index));
  }
  const atLimit = tokenized.filter((tokens) => isAtLimit(tokens, options)).length;
  return { examples: tokenized, indices, skipped: examples.length - new Set(indices).size, atLimit };
}

/** Whether a text has exactly the maximum length, so it was probably cut. */
export function isAtLimit(
  tokens: TokenizedExample,
  { maxLength, maxTargetLength }: Pick<TokenizeExamplesOptions, "maxLength" | "maxTargetLength">,
): boolean {
  if (tokens.kind === "prompt") return false; // a prompt is never cut
  if (tokens.inputIds.length === maxLength) return true;
  if (tokens.kind === "comparison") return tokens.others.some(({ length }) => length === maxLength);
  if (tokens.kind === "preference" && tokens.rejected.inputIds.length === maxLength) return true;
  return tokens.kind === "source-target" && tokens.labels.length === maxTargetLength;
}

function hasNoTarget(example: Example): boolean {
  if (example.kind === "question" || example.kind === "span" || example.kind === "comparison") return true;
  return (
    example.kind === "sentence" ||
    example.kind === "image" ||
    (example.kind === "tokens" && typeof example.labels === "number")
  );
}

/**
 * The class names of rows, sorted, each with its number; empty if the labels are already numbers. Throws MIXED_LABELS if
 * some are numbers and others names.
 */
export function labelIdsOf(examples: RowList<Example>): ReadonlyMap<string, number> {
  checkLabelKinds(examples);
  const names = new Set<string>();
  for (const example of examples) {
    const label = rowLabel(example);
    for (const name of typeof label === "object" ? label : [label]) if (typeof name === "string") names.add(name);
  }
  return new Map([...names].sort().map((name, index) => [name, index]));
}
