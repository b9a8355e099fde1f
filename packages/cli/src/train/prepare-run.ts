// Everything a run needs before its first step: the model with its adapter, and the rows as tokens.

import { createHash } from "node:crypto";
import { type Example, readTokenizerFiles, type TokenizedExample } from "@lowrank/data";
import type { AdapterHandle } from "@lowrank/inject";
import { WrongTaskError } from "../errors.ts";
import {
  type Classes,
  classNamesKey,
  decodeClassNames,
  encodeClassNames,
  numberClasses,
} from "../session/class-names.ts";
import { type OpenedModel, openModel } from "../session/open-model.ts";
import { maxLengthFor } from "../session/position-limit.ts";
import { needTokenizer } from "../session/row-kinds.ts";
import { chooseTemplate, tokenizeRows } from "../session/tokenize-rows.ts";
import { tokenizerOf } from "../session/tokenizer-of.ts";
import type { Report } from "../terminal/report.ts";
import { adapterToTrain } from "./adapter-to-train.ts";
import { describeTokens, type TokenPlan } from "./plan-tokens.ts";
import type { TrainOptions } from "./train-options.ts";
import type { TrainingRows } from "./training-data.ts";

/** A run that is ready to start. */
export interface PreparedRun {
  readonly opened: OpenedModel;
  readonly handle: AdapterHandle;
  readonly train: readonly TokenizedExample[];
  readonly validation: readonly TokenizedExample[];
  readonly padId: number;
  /** Name of the template that text rows were written with; empty for ready-made tokens and sentences. */
  readonly template: string;
  /** Entries for the adapter file's header. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly addedTokens: readonly string[];
  /** Texts by name: the tokenizer to write beside the adapter, where it is not the base's. */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  /** Tells this run's model and data from others', so that --resume cannot mix them up. */
  readonly fingerprint: string;
  dispose(): void;
}

/** What a run learns from. */
export interface RunData {
  readonly rows: TrainingRows;
  /** The tokenizer with the tokens that the run adds, if it adds some. */
  readonly tokens: TokenPlan | undefined;
}

/** Loads the model, attaches the adapter and tokenises the rows. */
export async function prepareRun(options: TrainOptions, data: RunData, report: Report): Promise<PreparedRun> {
  const { rows, tokens } = data;
  const { goal } = rows;
  const isClassifier = goal === "class";
  const all = [...rows.train, ...rows.validation];
  const opened = await openModel(
    {
      model: options.model,
      adapter: options.adapter,
      basePrecision: options.basePrecision,
      trainable: true,
      leastTokens: tokens?.rows,
      ...(isClassifier ? { task: "sequence-classification", newHeadSeed: options.seed } : {}),
      ...(isClassifier ? { classes: countClasses(all) } : {}),
    },
    report,
  );
  try {
    refuseUntrainable(opened, rows);
    noticeNewHead(opened, options, report);
    if (tokens !== undefined) report.say(describeTokens(tokens, opened.model));
    const handle = adapterToTrain(opened, { options, tokenIds: tokens?.ids ?? [] }, report);
    const classes = isClassifier ? classesOf(opened, all) : { count: 0, ids: new Map<string, number>() };
    const { train, validation, padId, template } = await tokenize(opened, data, { options, classes, report });
    return {
      opened,
      handle,
      train,
      validation,
      padId,
      template,
      metadata: classes.ids.size === 0 ? new Map() : new Map([[classNamesKey, encodeClassNames(classes.ids)]]),
      addedTokens: tokens?.tokens ?? [],
      tokenizerFiles: tokens?.files ?? (await ownTokenizer(opened)),
      fingerprint: hashOf([
        `${opened.model.fingerprint} ${options.basePrecision ?? "float32"}`,
        options.batchSize,
        train,
        ...(tokens === undefined ? [] : [tokens.tokens]),
      ]),
      dispose: () => {
        handle.dispose();
        opened.dispose();
      },
    };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

/** Before the model is there: its config may know more classes, never fewer names. */
function countClasses(rows: readonly Example[]): number {
  return Math.max(2, numberClasses(rows, { modelNames: [] }).count);
}

function classesOf({ model, adapter }: OpenedModel, rows: readonly Example[]): Classes {
  const adapterNames = adapter === undefined ? undefined : decodeClassNames(adapter.metadata);
  return numberClasses(rows, { adapterNames, modelNames: model.config.labelNames });
}

function refuseUntrainable({ model }: OpenedModel, { goal, train }: TrainingRows): void {
  const learnsText = goal === "next-token" && needTokenizer(train);
  if (!learnsText || model.task === "causal-lm") return;
  const advice = 'Give rows with "sentence" and "label" to train a classifier on it.';
  throw new WrongTaskError(model.modelType, model.task, "lowrank train with text rows", advice);
}

function noticeNewHead({ model, handle }: OpenedModel, { seed }: TrainOptions, report: Report): void {
  if (model.newParameters.length === 0 || handle !== undefined) return;
  report.say(
    `The base has no classifier: ${model.newParameters.join(", ")} made new from seed ${seed}, ` +
      "trained whole and saved with the adapter.",
  );
}

/** An adapter that is continued keeps the tokenizer beside it. */
async function ownTokenizer({ files, tokenizerFolder }: OpenedModel): Promise<ReadonlyMap<string, string>> {
  return tokenizerFolder === undefined ? new Map() : readTokenizerFiles(files, "all");
}

async function tokenize(
  opened: OpenedModel,
  { rows, tokens }: RunData,
  { options, classes, report }: { readonly options: TrainOptions; readonly classes: Classes; readonly report: Report },
) {
  const needsIt = needTokenizer([...rows.train, ...rows.validation]);
  const tokenizer = needsIt ? (tokens?.tokenizer ?? (await tokenizerOf(opened))) : undefined;
  const { vocabularySize, padTokenId } = opened.model.config;
  const template = chooseTemplate(options.template, rows.train, tokenizer);
  const shared = {
    tokenizer,
    template,
    maxLength: maxLengthFor(opened.model.config, options.maxLength),
    vocabSize: vocabularySize,
    classIds: classes.ids,
  };
  const held = rows.validation;
  return {
    train: tokenizeRows(rows.train, { ...shared, file: options.data }, report),
    validation: held.length === 0 ? [] : tokenizeRows(held, { ...shared, file: rows.validationFile }, report),
    padId: tokenizer?.padId ?? padTokenId ?? 0,
    template: needsIt && rows.goal === "next-token" ? template.name : "",
  };
}

function hashOf(facts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}
