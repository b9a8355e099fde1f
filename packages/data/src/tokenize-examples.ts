// Many examples at once, with a count of what the length limit did to them.

import type { Example } from "./example.ts";
import { checkLabelKinds } from "./label-kinds.ts";
import { isTrainable } from "./shorten-sequence.ts";
import type { PromptTemplate } from "./templates/prompt-template.ts";
import type { TextTokenizer } from "./text-tokenizer.ts";
import { type TokenizeOptions, tokenizeExample } from "./tokenize-example.ts";
import type { TokenizedExample } from "./tokenized-example.ts";

/** Examples as tokens, and what became of them. */
export interface TokenizedExamples {
  readonly examples: readonly TokenizedExample[];
  /** For each of `examples`, its index among those given. */
  readonly indices: readonly number[];
  /** How many had nothing left to train and were left out. */
  readonly skipped: number;
  /** How many of `examples` have exactly the largest length, and so were probably cut. */
  readonly atLimit: number;
}

/** Tokenises examples as `tokenizeExample` does; an example without a trained token is left out and counted. */
export function tokenizeExamples(
  examples: readonly Example[],
  tokenizer: TextTokenizer,
  template: PromptTemplate,
  options: TokenizeOptions,
): TokenizedExamples {
  const kept: TokenizedExample[] = [];
  const indices: number[] = [];
  for (const [index, example] of examples.entries()) {
    const tokens = tokenizeExample(example, tokenizer, template, options);
    if (!isTrainable(tokens)) continue;
    kept.push(tokens);
    indices.push(index);
  }
  const atLimit = kept.filter((tokens) => tokens.inputIds.length === options.maxLength).length;
  return { examples: kept, indices, skipped: examples.length - kept.length, atLimit };
}

/**
 * The class names of sentence rows, sorted, each with its number; empty where the labels are numbers already. Throws
 * MixedLabelsError where some are numbers and others names.
 */
export function labelIdsOf(examples: readonly Example[]): ReadonlyMap<string, number> {
  checkLabelKinds(examples);
  const names = new Set<string>();
  for (const example of examples) {
    if (example.kind === "sentence" && typeof example.label === "string") names.add(example.label);
  }
  return new Map([...names].sort().map((name, index) => [name, index]));
}
