// The tokenized rows of a run, with the template that fits them.

import type { Example, TextTokenizer } from "@lowrank/data";
import type { LabelMeaning, RowList, TokenizedExample } from "@lowrank/data/internal";
import type { PretrainedModel } from "@lowrank/models";
import { named } from "../errors/named-option.ts";
import type { Notices } from "../notices.ts";
import type { LearningPlan } from "../objectives/objective.ts";
import type { TrainingRows } from "../objectives/training-rows.ts";
import { positionLimit, rowLengths } from "../open/position-limit.ts";
import type { Platform } from "../platform.ts";
import { isAudio } from "../rows/row-kinds.ts";
import { chooseTemplate, rememberedTemplate } from "../rows/tokens/choose-template.ts";
import { type DrawnTokens, drawTokens } from "../rows/tokens/draw-tokens.ts";
import type { TokenizeRowsOptions } from "../rows/tokens/numbered-tokens.ts";
import { tokenizeRows } from "../rows/tokens/tokenize-rows.ts";
import type { RowMedia, RunFacts } from "../run-folder.ts";
import type { AdapterSetup } from "../setup/adapter-setup.ts";
import { type RunDefaults, runDefaults } from "./run-defaults.ts";
import type { RowOptions } from "./training-options.ts";

export interface TokenizedRows {
  readonly train: RowList<TokenizedExample>;
  readonly validation: RowList<TokenizedExample>;
  /** For rows that are tokenized when a batch draws them: a sample, and the examples. */
  readonly drawn?:
    | { readonly sample: DrawnTokens["sample"]; readonly texts: NonNullable<RunFacts["texts"]> }
    | undefined;
  /** Opens images and recordings. */
  readonly media?: RowMedia | undefined;
  readonly padId: number;
  /** Name of the template of text rows; empty for tokens and sentences. */
  readonly template: string;
  readonly learning: LearningPlan;
  /** Defaults of the loop's options. */
  readonly defaults: RunDefaults;
  /** Part of the data that was held out for validation; 0: none. */
  readonly heldOut: number;
}

export interface RowReader {
  readonly model: PretrainedModel;
  /** Number of the base's parameters. */
  readonly parameters: number;
  /** Undefined if all rows are already tokenized. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly labels: LabelMeaning;
  readonly learning: LearningPlan;
  readonly media: RowMedia | undefined;
  /** Settings of the earlier training of an adapter that is trained further. */
  readonly setup?: AdapterSetup | undefined;
  /** Storage for many tokens. */
  readonly platform: Pick<Platform, "keepRows">;
}

/** Tokenizes rows now or prepares to do so when they are drawn; throws the errors of `chooseTemplate`, `rowLengths` and `tokenizeRows`. */
export function tokenizedRows(
  rows: TrainingRows,
  {
    model,
    parameters,
    tokenizer,
    labels,
    platform,
    learning,
    media,
    setup,
    options,
  }: RowReader & { readonly options: RowOptions },
  notices: Notices,
): TokenizedRows {
  const asTrained = rememberedTemplate(setup, rows.train);
  const template = chooseTemplate(options.template ?? asTrained, rows.train, { tokenizer, task: model.task });
  if (tokenizer !== undefined && model.task === "causal-lm") warnOfTouchingTexts(rows.train, template.name, notices);
  const { maxCompletionLength = 0 } = learning.written ?? {};
  const requested = rowLengths(model, options);
  const room = positionLimit(model.config) - maxCompletionLength;
  const lengths = { ...requested, maxLength: Math.min(requested.maxLength, room) };
  const shared = { model, tokenizer, template, lengths, labels, prompts: learning.prompts };
  const { train, validation: held, numbers } = rows;
  const tokenize = (from: RowList<Example>, of: Pick<TokenizeRowsOptions, "file" | "rowOf">) => {
    const how = { ...shared, ...of };
    const isDrawn = drawsTokens(from, how) && (options.tokenizeWhenDrawn ?? !Array.isArray(from));
    if (isDrawn) return drawTokens(from, how, notices);
    return { rows: tokenizeRows(from, { ...how, platform }, notices), sample: undefined };
  };
  const { rows: tokens, sample } = tokenize(train, { file: rows.file, rowOf: numbers.train });
  return {
    train: tokens,
    validation: held.length === 0 ? [] : tokenize(held, { file: rows.validationFile, rowOf: numbers.validation }).rows,
    ...(sample === undefined ? {} : { drawn: { sample, texts: { rows: train, lengths } } }),
    media,
    padId: tokenizer?.padId ?? model.config.padTokenId ?? 0,
    template: tokenizer !== undefined && rows.objective.hasText === true ? template.name : "",
    learning,
    defaults: defaultsOf(rows, { model, parameters, labels }),
    heldOut: rows.heldOut,
  };
}

function defaultsOf(
  { objective, train, validation, heldOut }: TrainingRows,
  { model, parameters, labels }: Pick<RowReader, "model" | "parameters" | "labels">,
): RunDefaults {
  const rows = train.length + (heldOut > 0 ? validation.length : 0);
  return runDefaults({ objective, task: model.task, problem: labels.problem, parameters, rows });
}

/** Whether rows can be tokenized when drawn: not tokens or audio, nor rows with several targets for an encoder–decoder. */
function drawsTokens(
  rows: RowList<Example>,
  { tokenizer, lengths }: Pick<TokenizeRowsOptions, "tokenizer" | "lengths">,
): boolean {
  const kind = rows.at(0)?.kind;
  if (tokenizer === undefined || kind === undefined || kind === "tokens" || kind === "span" || isAudio(kind))
    return false;
  return lengths.maxTargetLength === undefined || kind !== "chat";
}

/** Number of rows to check: the first rows represent the file. */
const max = 100;
/** Letters of scripts with spaces between words. */
const word = String.raw`[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}`;
const ends = new RegExp(`${word}.?!,)]$`, "u");
const begins = new RegExp(`^${word}]`, "u");

/** Warns if no row has a space between prompt and completion and the template adds none. */
export function warnOfTouchingTexts(rows: RowList<Example>, template: string, { warn }: Pick<Notices, "warn">): void {
  if (template !== "plain") return;
  let first: string | undefined;
  for (let index = 0; index < Math.min(max, rows.length); index++) {
    const row = rows.at(index);
    if (row?.kind !== "completion" || !ends.test(row.prompt) || !begins.test(row.completion)) return;
    first ??= `${row.prompt.slice(-20)}${row.completion.slice(0, 20)}`;
  }
  if (first === undefined) return;
  const message =
    `There is no space between prompt and completion: the model learns "…${first}…". Begin completions with a space or a line ` +
    `break, or use a ${named("template")} such as alpaca, which puts text between them.`;
  warn({ code: "TEXTS_TOUCH", message });
}
