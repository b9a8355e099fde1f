// From the rows of a data file to tokens that fit the model.

import {
  type ComparisonPrompts,
  chatTemplate,
  cutSourceTarget,
  cutSpan,
  type Example,
  isAtLimit,
  isTrainable,
  type LabelMeaning,
  type PromptTemplate,
  promptTemplate,
  promptTemplates,
  renderSourceTarget,
  shortenTokens,
  type TextTokenizer,
  type TokenizedExample,
  tokenizeExamples,
} from "@lowrank/data";
import type { Task } from "@lowrank/families";
import { NothingToTrainError } from "../errors/data-errors.ts";
import { ChatTemplateMissingError } from "../errors/model-errors.ts";
import { named } from "../errors/named-option.ts";
import { given } from "../given.ts";
import type { Notices } from "../notices.ts";
import type { RowLengths } from "../open/position-limit.ts";
import { answersLost } from "./answers-lost.ts";
import { checkIds, type IdLimits, type NumberedTokens } from "./check-ids.ts";
import { unwritableRows } from "./unwritable-rows.ts";

/** What decides how rows become tokens. */
export interface TokenizeRowsOptions {
  readonly file: string;
  readonly model: { readonly config: IdLimits; readonly task: Task };
  /** Absent where every row is tokenised already. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly template: PromptTemplate;
  readonly lengths: RowLengths;
  /** What is written before texts that are compared. */
  readonly prompts?: ComparisonPrompts | undefined;
  readonly labels: LabelMeaning;
  /** The row's number in the file, counted from 1, where it is not its place among the rows given. */
  readonly rowOf?: (example: Example) => number | undefined;
}

/**
 * Tokenises rows and says what the length limit cut. Throws a DataError for tokens outside the vocabulary, classes that
 * the classifier lacks and rows that the template cannot write, NothingToTrainError.
 */
export function tokenizeRows(
  examples: readonly Example[],
  options: TokenizeRowsOptions,
  notices: Notices,
): readonly TokenizedExample[] {
  const { file, lengths, model } = options;
  const rows = numberedTokens(examples, options);
  checkIds(file, rows, model);
  const trainable = rows.filter(({ tokens }) => isTrainable(tokens, countedLabels(model)));
  const kept = trainable.map(({ tokens }) => tokens);
  const skipped = examples.length - new Set(trainable.map(({ row }) => row)).size;
  if (kept.length === 0) throw new NothingToTrainError(file);
  if (skipped > 0) {
    const message = `${skipped} of ${examples.length} rows of "${file}" have nothing to train and are left out.`;
    notices.warn({ code: "ROWS_SKIPPED", message });
  }
  const lost = answersLost(examples, rows, (example, index) => options.rowOf?.(example) ?? index + 1);
  if (lost > 0) {
    const message =
      `${lost} answers of "${file}" are not in the first ${lengths.maxLength} tokens of their row (${named("maxLength")}): such ` +
      "rows train that there is no answer.";
    notices.warn({ code: "ANSWERS_CUT", message });
  }
  const atLimit = kept.filter((tokens) => isAtLimit(tokens, lengths)).length;
  if (atLimit > 0) {
    const { maxLength, maxTargetLength } = lengths;
    const limit =
      maxTargetLength === undefined ? `${maxLength} tokens` : `${maxLength} tokens, or ${maxTargetLength} of a target,`;
    const cutBy = [named("maxLength"), ...(maxTargetLength === undefined ? [] : [named("maxTargetLength")])];
    const message = `${atLimit} rows of "${file}" reach ${limit} and may be cut (${cutBy.join(", ")}).`;
    notices.warn({ code: "ROWS_CUT", message });
  }
  return kept;
}

/** Only a causal model predicts a token from those before it. */
export function countedLabels({ task }: { readonly task: Task }): { readonly firstCounts: boolean } {
  return { firstCounts: task !== "causal-lm" };
}

function numberedTokens(examples: readonly Example[], options: TokenizeRowsOptions): readonly NumberedTokens[] {
  const { file, tokenizer, labels, lengths } = options;
  const { maxLength, maxTargetLength } = lengths;
  const rowOf = (example: Example | undefined, index: number) => (example && options.rowOf?.(example)) ?? index + 1;
  const numbered = (tokens: TokenizedExample, index: number): NumberedTokens => {
    return { tokens, row: rowOf(examples[index], index) };
  };
  if (tokenizer === undefined) {
    return examples.flatMap((example, index) => {
      if (example.kind === "span") return [numbered(cutSpan(example, maxLength), index)];
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
      ...given({ prompts: options.prompts }),
    });
    return tokenized.examples.map((tokens, place) => numbered(tokens, tokenized.indices[place] ?? place));
  } catch (error) {
    throw unwritableRows(error, examples, { file, template, tokenizer, maxLength, rowOf });
  }
}

/** The template, refusing rows of which nothing would be left for an encoder to read. */
function withSource(template: PromptTemplate): PromptTemplate {
  return { ...template, render: (example) => renderSourceTarget(example, template) };
}

/** Who reads what a template writes. */
interface TemplateReader {
  readonly tokenizer: TextTokenizer | undefined;
  readonly task: Task;
}

/**
 * The template that was asked for, or the one that suits the rows and the model. Throws ChatTemplateMissingError, and
 * TemplateError for a name that there is not.
 */
export function chooseTemplate(
  name: string | undefined,
  examples: readonly Example[],
  reader: TemplateReader,
): PromptTemplate {
  const { tokenizer } = reader;
  const chosen = name ?? defaultTemplate(examples[0], reader);
  if (chosen !== "chat") return promptTemplate(chosen);
  if (tokenizer === undefined) return promptTemplate("plain"); // rows of tokens are not written at all
  if (tokenizer.chatTemplate === undefined) throw new ChatTemplateMissingError(promptTemplates.map(({ name }) => name));
  const { bosToken, eosToken } = tokenizer;
  return chatTemplate(tokenizer.chatTemplate, given({ bosToken, eosToken }));
}

function defaultTemplate(example: Example | undefined, { tokenizer, task }: TemplateReader): string {
  // Encoder–decoders were taught tasks as plain text ("translate English to German: …"); no answer has to be set apart.
  if (example?.kind === "instruction") return task === "sequence-to-sequence" ? "plain" : "alpaca";
  if (example?.kind === "chat") return tokenizer?.chatTemplate === undefined ? "vicuna" : "chat";
  return "plain";
}
