// Tokenized rows with their numbers in the file, for error messages.

import type { Task } from "@lowrank/contracts/families";
import { type Example, type PromptTemplate, type TextTokenizer, tokenizeExamples } from "@lowrank/data";
import {
  type ComparisonPrompts,
  cutSourceTarget,
  cutSpan,
  type LabelMeaning,
  labelImage,
  type RowList,
  renderSourceTarget,
  shortenTokens,
  type TokenizedExample,
} from "@lowrank/data/internal";
import { omitUndefined } from "../../omit-undefined.ts";
import type { RowLengths } from "../../open/position-limit.ts";
import type { RowNumbers } from "../row-kinds.ts";
import type { IdLimits, NumberedTokens } from "./check-ids.ts";
import { unwritableRows } from "./unwritable-rows.ts";

export interface TokenizeRowsOptions {
  readonly file: string;
  readonly model: { readonly config: IdLimits; readonly task: Task };
  /** Undefined if all rows are already tokenized. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly template: PromptTemplate;
  readonly lengths: RowLengths;
  readonly prompts?: ComparisonPrompts | undefined;
  readonly labels: LabelMeaning;
  /** The row's number in the file, counted from 1, if it is not its index among the rows. */
  readonly rowOf?: RowNumbers;
}

export interface Chunk {
  readonly first: number;
  readonly examples: readonly Example[];
}

export function numberOf(position: number, { rowOf }: Pick<TokenizeRowsOptions, "rowOf">): number {
  return rowOf?.(position) ?? position + 1;
}

/** Tokenizes some of the rows. Throws a DataError that names all rows that the template cannot render. */
export function numberedTokens(
  { first, examples }: Chunk,
  all: RowList<Example>,
  options: TokenizeRowsOptions,
): readonly NumberedTokens[] {
  const { file, tokenizer, labels, lengths } = options;
  const { maxLength, maxTargetLength } = lengths;
  const rowOf = (position: number) => numberOf(position, options);
  const numbered = (tokens: TokenizedExample, index: number): NumberedTokens => {
    return { tokens, row: rowOf(first + index) };
  };
  if (tokenizer === undefined) {
    return examples.flatMap((example, index) => {
      if (example.kind === "span") return [numbered(cutSpan(example, maxLength), index)];
      if (example.kind === "image") return [numbered(labelImage(example, labels), index)];
      if (example.kind !== "tokens") return [];
      const isTarget = maxTargetLength !== undefined && typeof example.labels !== "number";
      const tokens = isTarget
        ? cutSourceTarget(example, { maxLength, maxTargetLength })
        : shortenTokens(example, maxLength, labels);
      return [numbered(tokens, index)];
    });
  }
  const template = maxTargetLength === undefined ? options.template : withSource(options.template);
  try {
    const tokenized = tokenizeExamples(examples, tokenizer, template, {
      ...lengths,
      ...labels,
      ...omitUndefined({ prompts: options.prompts }),
    });
    return tokenized.examples.map((tokens, position) => numbered(tokens, tokenized.indices[position] ?? position));
  } catch (error) {
    throw unwritableRows(error, all, { file, template, tokenizer, maxLength, rowOf });
  }
}

/** The template; refuses rows that leave nothing for an encoder to read. */
function withSource(template: PromptTemplate): PromptTemplate {
  return { ...template, render: (example) => renderSourceTarget(example, template) };
}
