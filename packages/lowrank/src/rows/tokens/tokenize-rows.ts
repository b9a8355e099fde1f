// From the rows of a data file to tokens that fit the model.

import {
  type ComparisonPrompts,
  chatTemplate,
  cutSourceTarget,
  cutSpan,
  DataError,
  type Example,
  isAtLimit,
  isTrainable,
  type LabelMeaning,
  labelImage,
  type PromptTemplate,
  promptTemplate,
  promptTemplates,
  type RowList,
  type RowProblem,
  renderSourceTarget,
  shortenTokens,
  type TextTokenizer,
  type TokenizedExample,
  tokenizeExamples,
} from "@lowrank/data";
import type { Task } from "@lowrank/families";
import { NothingToTrainError } from "../../errors/data-errors.ts";
import { ChatTemplateMissingError } from "../../errors/model-errors.ts";
import { named } from "../../errors/named-option.ts";
import { given } from "../../given.ts";
import { keepInMemory } from "../../keep-in-memory.ts";
import type { Notices } from "../../notices.ts";
import type { RowLengths } from "../../open/position-limit.ts";
import type { Platform } from "../../platform.ts";
import { textsOf } from "../chosen-answers.ts";
import type { RowNumbers } from "../training-rows.ts";
import { answersLost } from "./answers-lost.ts";
import { type IdLimits, type NumberedTokens, wrongIds } from "./check-ids.ts";
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
  /** Where many tokens go; default: to memory. */
  readonly platform?: Pick<Platform, "keepRows"> | undefined;
  /** The row's number in the file, counted from 1, where it is not its place among the rows given. */
  readonly rowOf?: RowNumbers;
}

/** Rows that are tokenised at once: of more than memory has, the tokens of these alone are in it. */
const chunkSize = 1024;

/**
 * Tokenises rows and says what the length limit cut. Throws a DataError for tokens outside the vocabulary, classes that
 * the classifier lacks and rows that the template cannot write, NothingToTrainError.
 */
export function tokenizeRows(
  examples: RowList<Example>,
  options: TokenizeRowsOptions,
  notices: Notices,
): RowList<TokenizedExample> {
  const { file, lengths, model, platform = { keepRows: keepInMemory } } = options;
  const kept = platform.keepRows<TokenizedExample>();
  const counts = { skipped: 0, lost: 0, atLimit: 0 };
  const problems: RowProblem[] = [];
  const count = notices.count?.({ what: `rows of ${file} tokenised`, total: examples.length });
  for (const chunk of chunksOf(examples)) {
    const rows = numberedTokens(chunk, examples, options);
    problems.push(...wrongIds(rows, model));
    const trainable = rows.filter(({ tokens }) => isTrainable(tokens, countedLabels(model)));
    for (const { tokens } of trainable) kept.add(tokens);
    counts.skipped += chunk.examples.length - new Set(trainable.map(({ row }) => row)).size;
    counts.lost += answersLost(chunk.examples, rows, (index) => numberOf(chunk.first + index, options));
    counts.atLimit += trainable.filter(({ tokens }) => isAtLimit(tokens, lengths)).length;
    count?.add(chunk.examples.length);
  }
  count?.stop();
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
  const rows = kept.finish();
  if (rows.length === 0) throw new NothingToTrainError(file);
  warnOfCuts({ ...counts, all: examples.length }, options, notices);
  return rows;
}

function warnOfCuts(
  { skipped, lost, atLimit, all }: Readonly<Record<"skipped" | "lost" | "atLimit" | "all", number>>,
  { file, lengths: { maxLength, maxTargetLength } }: TokenizeRowsOptions,
  notices: Notices,
): void {
  if (skipped > 0) {
    const message = `${skipped} of ${all} rows of "${file}" have nothing to train and are left out.`;
    notices.warn({ code: "ROWS_SKIPPED", message });
  }
  if (lost > 0) {
    const message =
      `${lost} answers of "${file}" are not in the first ${maxLength} tokens of their row (${named("maxLength")}): such ` +
      "rows train that there is no answer.";
    notices.warn({ code: "ANSWERS_CUT", message });
  }
  if (atLimit > 0) {
    const limit =
      maxTargetLength === undefined ? `${maxLength} tokens` : `${maxLength} tokens, or ${maxTargetLength} of a target,`;
    const cutBy = [named("maxLength"), ...(maxTargetLength === undefined ? [] : [named("maxTargetLength")])];
    const which = atLimit === 1 ? "1 row" : `${atLimit} rows`;
    const message = `${which} of "${file}" may be cut at ${limit} (${cutBy.join(", ")}).`;
    notices.warn({ code: "ROWS_CUT", message });
  }
}

/** Rows that follow each other, and the place of the first. */
interface Chunk {
  readonly first: number;
  readonly examples: readonly Example[];
}

function* chunksOf(all: RowList<Example>): Generator<Chunk> {
  let first = 0;
  let examples: Example[] = [];
  for (const example of all) {
    examples.push(example);
    if (examples.length < chunkSize) continue;
    yield { first, examples };
    first += examples.length;
    examples = [];
  }
  if (examples.length > 0) yield { first, examples };
}

function numberOf(place: number, { rowOf }: Pick<TokenizeRowsOptions, "rowOf">): number {
  return rowOf?.(place) ?? place + 1;
}

/** Only a causal model predicts a token from those before it. */
export function countedLabels({ task }: { readonly task: Task }): { readonly firstCounts: boolean } {
  return { firstCounts: task !== "causal-lm" };
}

function numberedTokens(
  { first, examples }: Chunk,
  all: RowList<Example>,
  options: TokenizeRowsOptions,
): readonly NumberedTokens[] {
  const { file, tokenizer, labels, lengths } = options;
  const { maxLength, maxTargetLength } = lengths;
  const rowOf = (place: number) => numberOf(place, options);
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
      ...given({ prompts: options.prompts }),
    });
    return tokenized.examples.map((tokens, place) => numbered(tokens, tokenized.indices[place] ?? place));
  } catch (error) {
    throw unwritableRows(error, all, { file, template, tokenizer, maxLength, rowOf });
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
  examples: RowList<Example>,
  reader: TemplateReader,
): PromptTemplate {
  const { tokenizer } = reader;
  const chosen = name ?? defaultTemplate(examples.at(0), reader);
  if (chosen !== "chat") return promptTemplate(chosen);
  if (tokenizer === undefined) return promptTemplate("plain"); // rows of tokens are not written at all
  if (tokenizer.chatTemplate === undefined) throw new ChatTemplateMissingError(promptTemplates.map(({ name }) => name));
  const { bosToken, eosToken } = tokenizer;
  return chatTemplate(tokenizer.chatTemplate, given({ bosToken, eosToken }));
}

function defaultTemplate(first: Example | undefined, { tokenizer, task }: TemplateReader): string {
  const example = first && textsOf(first)[0];
  // Encoder–decoders were taught tasks as plain text ("translate English to German: …"); no answer has to be set apart.
  if (example?.kind === "instruction") return task === "sequence-to-sequence" ? "plain" : "alpaca";
  if (example?.kind === "chat") return tokenizer?.chatTemplate === undefined ? "vicuna" : "chat";
  return "plain";
}
