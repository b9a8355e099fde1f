// Tokenizes the rows of a data file for the model.

import type { Task } from "@lowrank/contracts/families";
import { DataError, type Example } from "@lowrank/data";
import { isAtLimit, isTrainable, type RowList, type RowProblem, type TokenizedExample } from "@lowrank/data/internal";
import { counted } from "../../counted.ts";
import { nothingToTrain } from "../../errors/data-errors.ts";
import { named } from "../../errors/named-option.ts";
import { keepInMemory } from "../../keep-in-memory.ts";
import type { Notices } from "../../notices.ts";
import type { Platform } from "../../platform.ts";
import { type NumberedTokens, wrongIds } from "./check-ids.ts";
import { type Chunk, numberedTokens, numberOf, type TokenizeRowsOptions } from "./numbered-tokens.ts";

export interface TokenizeAllOptions extends TokenizeRowsOptions {
  /** Storage for the tokens; default: memory. */
  readonly platform?: Pick<Platform, "keepRows"> | undefined;
  /** Whether the rows are a sample of a larger file. */
  readonly isSample?: boolean;
}

/** Number of rows that are tokenized at once; limits memory for rows on disk. */
const chunkSize = 1024;

/** Tokenizes rows and warns of truncation. Throws a DataError for ids, classes and rows that do not fit, NOTHING_TO_TRAIN. */
export function tokenizeRows(
  examples: RowList<Example>,
  options: TokenizeAllOptions,
  notices: Notices,
): RowList<TokenizedExample> {
  const { file, lengths, model, platform = { keepRows: keepInMemory } } = options;
  const tokenizedRows = platform.keepRows<TokenizedExample>();
  const counts = { skipped: 0, lost: 0, unfound: 0, atLimit: 0, empty: 0 };
  let firstEmpty = 0;
  const render = (example: Example) => {
    const rendered = options.template.render(example);
    counts.unfound += rendered.lostAnswers ?? 0;
    return rendered;
  };
  const counting = { ...options, template: { ...options.template, render } };
  const problems: RowProblem[] = [];
  const count = notices.count?.({ what: `rows of ${file} tokenized`, total: examples.length });
  for (const chunk of chunksOf(examples)) {
    const rows = numberedTokens(chunk, examples, counting);
    problems.push(...wrongIds(rows, model));
    const trainable = rows.filter(({ tokens }) => isTrainable(tokens, countedLabels(model)));
    for (const { tokens } of trainable) tokenizedRows.add(tokens);
    counts.skipped += chunk.examples.length - new Set(trainable.map(({ row }) => row)).size;
    counts.lost += answersLost(chunk.examples, rows, (index) => numberOf(chunk.first + index, options));
    for (const [index, example] of chunk.examples.entries()) {
      if (!hasEmptyAnswer(example)) continue;
      if (counts.empty === 0) firstEmpty = numberOf(chunk.first + index, options);
      counts.empty += 1;
    }
    counts.atLimit += trainable.filter(({ tokens }) => isAtLimit(tokens, lengths)).length;
    count?.add(chunk.examples.length);
  }
  count?.stop();
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
  const rows = tokenizedRows.finish();
  if (rows.length === 0) throw nothingToTrain(file);
  warnOfCuts({ ...counts, all: examples.length }, options, notices);
  if (counts.empty > 0) warnOfEmpty(counts.empty, { file, row: firstEmpty }, notices);
  return rows;
}

function warnOfCuts(
  {
    skipped,
    lost,
    unfound,
    atLimit,
    all,
  }: Readonly<Record<"skipped" | "lost" | "unfound" | "atLimit" | "all", number>>,
  { file, lengths: { maxLength, maxTargetLength }, isSample = false }: TokenizeAllOptions,
  notices: Notices,
): void {
  const where = isSample ? `${all} sampled rows of "${file}"` : `"${file}"`;
  if (skipped > 0) {
    const rows = isSample ? where : `${all} rows of ${where}`;
    notices.warn({
      code: "ROWS_SKIPPED",
      message: `Skipped ${skipped} of ${rows}: nothing to train in the first ${maxLength} tokens (${named("maxLength")}).`,
    });
  }
  if (lost > 0) {
    const message =
      `Lost answers in ${where}: ${lost}. They are not in the first ${maxLength} tokens of their row (${named("maxLength")}), so ` +
      "the model learns that these rows have no answer.";
    notices.warn({ code: "ANSWERS_CUT", message });
  }
  if (unfound > 0) {
    const message =
      `Untrained answers in ${where}: ${unfound}. The model's chat template omits them, or does not separate ` +
      `them from the other texts. Choose another ${named("template")}.`;
    notices.warn({ code: "ANSWERS_NOT_FOUND", message });
  }
  if (atLimit > 0) {
    const limit =
      maxTargetLength === undefined ? `${maxLength} tokens` : `${maxLength} (target: ${maxTargetLength}) tokens`;
    const cutBy = [named("maxLength"), ...(maxTargetLength === undefined ? [] : [named("maxTargetLength")])];
    const which = isSample ? atLimit : counted(atLimit, "row");
    notices.warn({
      code: "ROWS_CUT",
      message: `${which} of ${where} may be cut at ${limit} and lose the end of an answer. To keep it, raise ${cutBy.join(" or ")}.`,
    });
  }
}

/** Such a row trains the model to stop at once, or nothing; it often is a missing value in a table. */
function hasEmptyAnswer(example: Example): boolean {
  if (example.kind === "completion") return example.completion.trim() === "";
  return example.kind === "instruction" && example.output.trim() === "";
}

function warnOfEmpty(
  count: number,
  first: { readonly file: string; readonly row: number },
  notices: Pick<Notices, "warn">,
): void {
  const message =
    `${counted(count, "row")} of "${first.file}" ${count === 1 ? "has" : "have"} an empty answer (the first: row ${first.row}), which teaches the model to write nothing. ` +
    "Remove these rows, or add their answers.";
  notices.warn({ code: "EMPTY_ANSWERS", message });
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

/** Only in causal models does each label belong to the previous token. */
export function countedLabels({ task }: { readonly task: Task }): { readonly firstCounts: boolean } {
  return { firstCounts: task !== "causal-lm" };
}

/** Number of rows with an answer of which no token is left. `rowOf` gives the number of the row at an index. */
function answersLost(
  examples: readonly Example[],
  rows: readonly NumberedTokens[],
  rowOf: (index: number) => number,
): number {
  const answered = new Set(examples.flatMap((example, index) => (hasAnswer(example) ? [rowOf(index)] : [])));
  return rows.filter(({ row, tokens }) => tokens.kind === "span" && tokens.end === 0 && answered.has(row)).length;
}

/** The first token never belongs to the text, but to the question or is a special token. */
function hasAnswer(example: Example): boolean {
  if (example.kind === "span") return example.end > 0;
  return example.kind === "question" && example.answers.length > 0;
}
