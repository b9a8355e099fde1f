// Everything a run needs before its first step: the model with its adapter, and the rows as tokens.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type Example, readTokenizerFiles, type TextTokenizer, type TokenizedExample } from "@lowrank/data";
import type { Task } from "@lowrank/families";
import type { AdapterHandle } from "@lowrank/inject";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { type ModelRequest, type OpenedModel, openModel } from "../../open/open-model.ts";
import { rowLengths } from "../../open/position-limit.ts";
import { tokenizerOf } from "../../open/tokenizer-of.ts";
import { writesText } from "../../open/writes-text.ts";
import {
  type Classes,
  classNamesKey,
  countClasses,
  decodeClassNames,
  encodeClassNames,
  numberClasses,
} from "../../rows/class-names.ts";
import { countNumbers, tokenClasses } from "../../rows/class-numbers.ts";
import { needTokenizer, taskFor } from "../../rows/row-kinds.ts";
import { checkRows } from "../../rows/rows-it-acts-on.ts";
import { chooseTemplate, tokenizeRows } from "../../rows/tokenize-rows.ts";
import { describeHead } from "../../train/describe-head.ts";
import { startBatches } from "../../train/measure-start.ts";
import { asksForTokens, variantFields } from "../options/variant-options.ts";
import type { Report } from "../terminal/report.ts";
import { adapterToTrain } from "./adapter-to-train.ts";
import { type HashedFile, hashBase } from "./hash-base.ts";
import { describeTokens, type TokenPlan } from "./plan-tokens.ts";
import { runFingerprint } from "./run-fingerprint.ts";
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
  /** What --lora-config says. */
  readonly loraConfig: LoraConfig | undefined;
  /** The base's files as the run that goes on noted them; empty without --verify-base. */
  readonly baseFiles: ReadonlyMap<string, HashedFile>;
}

/** Loads the model, attaches the adapter and tokenises the rows; nothing stays in memory if any of it fails. */
export async function prepareRun(options: TrainOptions, data: RunData, report: Report): Promise<PreparedRun> {
  const { rows, tokens, loraConfig } = data;
  const isClassifier = rows.goal === "class";
  const all = [...rows.train, ...rows.validation];
  const task = taskFor(rows.goal) ?? options.task;
  const newHead = newHeadFor(task, all, options.seed);
  const opened = await openModel(
    {
      model: options.model,
      adapter: options.adapter,
      basePrecision: options.basePrecision,
      trainable: true,
      leastTokens: tokens?.rows,
      task,
      newAdapter: loraConfig,
      ...newHead,
    },
    report,
  );
  let handle: AdapterHandle | undefined;
  const dispose = () => {
    handle?.dispose();
    opened.dispose();
  };
  try {
    refuseUntrainable(opened, rows);
    const classes = isClassifier ? classesOf(opened, all) : { count: 0, ids: new Map<string, number>() };
    if (newHead.classes !== undefined && opened.handle === undefined) {
      const head = await describeHead(opened, { classes, seed: options.seed });
      if (head !== undefined) report.say(head);
    }
    if (tokens !== undefined) report.say(describeTokens(tokens, opened.model));
    const hasText = needTokenizer(all);
    const isAsked = hasText || asksForTokens(options);
    const tokenizer = isAsked ? (tokens?.tokenizer ?? (await tokenizerOf(opened))) : undefined;
    const encode = tokenizer && ((text: string) => tokenizer.encode(text, { addSpecialTokens: false }));
    const variant = variantFields(options, encode);
    const { train, validation, padId, template } = tokenize(opened, data, {
      options,
      tokenizer: hasText ? tokenizer : undefined,
      classes,
      report,
    });
    const request = {
      options,
      file: loraConfig,
      tokenIds: tokens?.ids ?? [],
      variant,
      start: { rows: train, padId },
    };
    handle = await adapterToTrain(opened, request, report);
    checkRows(options.data, train, { config: handle.config, report });
    const addedTokens = tokens?.tokens ?? [];
    const isAnew = options.verifyBase === true;
    const isVerified = isAnew || data.baseFiles.size > 0;
    const baseFiles = isVerified ? await hashBase(opened, { recorded: data.baseFiles, isAnew }) : data.baseFiles;
    return {
      opened,
      handle,
      train,
      validation,
      padId,
      template,
      metadata: classes.ids.size === 0 ? new Map() : new Map([[classNamesKey, encodeClassNames(classes.ids)]]),
      addedTokens,
      tokenizerFiles: tokens?.files ?? (await ownTokenizer(opened)),
      fingerprint: runFingerprint({
        base: opened.model.fingerprint,
        basePrecision: options.basePrecision ?? "float32",
        batchSize: options.batchSize,
        seed: options.seed,
        rows: train,
        addedTokens,
        startBatches: startBatches(options, handle.config),
        adapter: handle.config,
        baseFiles,
      }),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** A head for answers says of each token whether one starts there, and whether one ends there. */
const startAndEnd = 2;

/** A classifier is made new where the base has none for the classes of the rows. */
function newHeadFor(
  task: Task | undefined,
  rows: readonly Example[],
  newHeadSeed: number,
): Pick<ModelRequest, "classes" | "newHeadSeed"> {
  if (task === "sequence-classification") return { newHeadSeed, classes: (base) => countClasses(rows, base) };
  if (task === "question-answering") return { newHeadSeed, classes: () => startAndEnd };
  if (task !== "token-classification") return {};
  return { newHeadSeed, classes: ({ labels }) => Math.max(2, labels, countNumbers(rows, tokenClasses)) };
}

function classesOf({ model, adapter }: OpenedModel, rows: readonly Example[]): Classes {
  const adapterNames = adapter === undefined ? undefined : decodeClassNames(adapter.metadata);
  return numberClasses(rows, { adapterNames, modelNames: model.config.labelNames });
}

function refuseUntrainable({ model }: OpenedModel, { goal, train }: TrainingRows): void {
  if (model.task === "multiple-choice") {
    const advice = "A row of a data file is one text; train it with @lowrank/trainer, which is given your own batches.";
    throw new WrongTaskError(model.modelType, model.task, "lowrank train", advice);
  }
  const learnsText = goal === "next-token" && needTokenizer(train);
  if (!learnsText || writesText(model.task)) return;
  const isPair = model.config.decoderLayers > 0;
  const advice = isPair
    ? "Add --task sequence-to-sequence to train what its decoder writes."
    : 'Give rows with "sentence" and "label" to train a classifier on it.';
  throw new WrongTaskError(model.modelType, model.task, "lowrank train with text rows", advice);
}

/** An adapter that is continued keeps the tokenizer beside it. */
async function ownTokenizer({ files, tokenizerFolder }: OpenedModel): Promise<ReadonlyMap<string, string>> {
  return tokenizerFolder === undefined ? new Map() : readTokenizerFiles(files, "all");
}

interface RowOptions {
  readonly options: TrainOptions;
  /** Absent where every row is tokenised already. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly classes: Classes;
  readonly report: Report;
}

function tokenize({ model }: OpenedModel, { rows }: RunData, { options, tokenizer, classes, report }: RowOptions) {
  const template = chooseTemplate(options.template, rows.train, { tokenizer, task: model.task });
  const shared = {
    model,
    tokenizer,
    template,
    lengths: rowLengths(model, options),
    classIds: classes.ids,
    rowOf: (example: Example) => rows.numbers.get(example),
  };
  const held = rows.validation;
  return {
    train: tokenizeRows(rows.train, { ...shared, file: options.data }, report),
    validation: held.length === 0 ? [] : tokenizeRows(held, { ...shared, file: rows.validationFile }, report),
    padId: tokenizer?.padId ?? model.config.padTokenId ?? 0,
    template: tokenizer !== undefined && rows.goal === "next-token" ? template.name : "",
  };
}
