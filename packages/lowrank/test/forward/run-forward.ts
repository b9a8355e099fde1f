// npm run forward: inputs.json in, logits and loss out.

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Task } from "@lowrank/contracts/families";
import type { PretrainedModel } from "@lowrank/models";
import { NonFiniteOutputError } from "@lowrank/models/internal";
import { float32Tensor, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import * as tf from "@tensorflow/tfjs-core";
import { withBase } from "../../src/cli/base-for.ts";
import type { AdapterOptions, EngineOptions } from "../../src/cli/options/shared-options.ts";
import { withOpenModel } from "../../src/cli/start-engine.ts";
import { formatNumber } from "../../src/cli/terminal/format.ts";
import type { Report } from "../../src/cli/terminal/report.ts";
import { PathNotFoundError } from "../../src/errors/usage-errors.ts";
import { filesNextTo } from "../../src/node/files-next-to.ts";
import { omitUndefined } from "../../src/omit-undefined.ts";
import { namingBrokenWeights } from "../../src/open/broken-weights.ts";
import type { OpenedBase } from "../../src/open/open-base.ts";
import { type ForwardInputs, type InputLimits, type IntegerMatrix, parseInputs } from "./parse-inputs.ts";

export interface ForwardOptions extends EngineOptions, AdapterOptions {
  readonly model?: string;
  readonly inputs: string;
  readonly out: string;
  readonly task?: string;
  readonly overwrite?: boolean;
}

export async function runForward(requested: ForwardOptions, report: Report): Promise<void> {
  const options = await withBase(requested, report);
  const { inputs: inputsPath, out, overwrite } = options;
  const text = await readInputs(inputsPath);
  await withOpenModel({ ...options, task: asTask(options.task) }, report, async (model, engine) => {
    const { opened } = model;
    const inputs = parseInputs(inputsPath, text, limitsOf(opened.model));
    const tensors = await namingBrokenWeights(opened, () => compute(opened, inputs));
    await writeFileAtomic(out, serializeSafetensors(tensors), { overwrite: overwrite === true });
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    const loss = lossOf(tensors);
    report.emit({ out, engine, task: opened.model.task, tensors: shapes, ...omitUndefined({ loss }) });
    for (const [name, shape] of Object.entries(shapes)) report.print(`${name}  F32 [${shape.join(", ")}]`);
    if (loss !== undefined) report.print(`loss ${formatNumber(loss)}`);
    report.print(`written to ${out}`);
  });
}

const resultNames = { logits: "logits", hidden: "last_hidden_state", loss: "loss" };
const maxInputBytes = 256_000_000;

async function readInputs(path: string): Promise<string> {
  try {
    await stat(path);
    return await filesNextTo(path).readText(basename(path), { maxBytes: maxInputBytes });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new PathNotFoundError("--inputs", path, 'a JSON file such as {"input_ids": [[1, 2, 3]]}');
    }
    throw error;
  }
}

/** The families package refuses names that it does not know. */
function asTask(task: string | undefined): Task | undefined {
  return task as Task | undefined;
}

function limitsOf(model: PretrainedModel): InputLimits {
  const { vocabularySize, tokenTypes, labels, decoderLayers, imageChannels, imageSize, imageWidth } = model.config;
  return {
    vocabSize: vocabularySize,
    ...(tokenTypes > 0 ? { tokenTypes } : {}),
    hasDecoder: decoderLayers > 0 && !encoderTasks.includes(model.task),
    isMultipleChoice: model.task === "multiple-choice",
    ...(imageSize > 0 ? { image: { channels: imageChannels, height: imageSize, width: imageWidth } } : {}),
    readsPairs: model.task === "image-text-matching",
    labels: labelLimits(model.task, { vocabularySize, labels }),
  };
}

/** Tasks for which an encoder–decoder runs only its encoder. */
const encoderTasks: readonly Task[] = ["token-classification", "text-encoding"];

function labelLimits(task: Task, counts: { vocabularySize: number; labels: number }): InputLimits["labels"] {
  if (task === "causal-lm" || task === "masked-lm") return { kind: "position", count: counts.vocabularySize };
  if (task === "token-classification") return { kind: "position", count: counts.labels };
  if (task === "sequence-to-sequence") return { kind: "target", count: counts.vocabularySize };
  if (task === "question-answering") return { kind: "span", count: 2 ** 31 - 1 };
  if (task === "replaced-token-detection") return { kind: "position", count: 2 };
  if (task === "next-sentence-prediction") return { kind: "row", count: 2 };
  // The model knows how many choices or texts there are.
  if (task === "multiple-choice" || task === "image-text-matching") return { kind: "row", count: 2 ** 31 - 1 };
  if (isPerRow(task)) return { kind: "row", count: counts.labels };
  return { kind: "none" };
}

const perRow: readonly Task[] = [
  "sequence-classification",
  "image-classification",
  "image-text-matching",
  "multiple-choice",
  "next-sentence-prediction",
];

function isPerRow(task: Task): boolean {
  return perRow.includes(task);
}

async function compute(opened: OpenedBase, inputs: ForwardInputs): Promise<ReadonlyMap<string, TensorData>> {
  const { model, context } = opened;
  const namedInputs = modelInputs(inputs);
  const { labels } = inputs;
  const labelTensor =
    labels && tf.tensor(labels.values, isPerRow(model.task) ? [labels.rows] : [labels.rows, labels.columns], "int32");
  // Without decoder_input_ids, an encoder–decoder reads its labels, shifted by one position.
  const output = tf.tidy(() => model.forward({ ...namedInputs, ...(labelTensor && { labels: labelTensor }) }, context));
  const loss = labelTensor && tf.tidy(() => model.loss({ ...namedInputs, labels: labelTensor }, context));
  try {
    const isHeadless = model.task === "feature-extraction" || model.task === "text-encoding";
    const name = isHeadless ? resultNames.hidden : resultNames.logits;
    const values = await usableValues(output, isHeadless ? "One of the last states" : "One of the logits");
    const tensors = new Map([[name, float32Tensor(output.shape, values)]]);
    if (loss !== undefined) tensors.set(resultNames.loss, float32Tensor([], await usableValues(loss, "The loss")));
    return tensors;
  } finally {
    tf.dispose([...Object.values(namedInputs), output, labelTensor, loss].filter((tensor) => tensor !== undefined));
  }
}

/** Throws NonFiniteOutputError, unless it is −∞ alone, by which a bias in a file may rule an answer out. */
async function usableValues(tensor: tf.Tensor, what: string): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  const bad = values.find((value) => !(value < Number.POSITIVE_INFINITY));
  if (bad !== undefined) throw new NonFiniteOutputError(what, bad);
  return values;
}

function modelInputs({ pixelValues, decoderInputIds, ...rows }: ForwardInputs) {
  const { inputIds, attentionMask, tokenTypeIds, choices } = rows;
  const matrix = ({ rows, columns, values }: IntegerMatrix) => tf.tensor2d(values, [rows, columns], "int32");
  const tensor = (of: IntegerMatrix) =>
    choices === undefined ? matrix(of) : tf.tensor3d(of.values, [of.rows / choices, choices, of.columns], "int32");
  return {
    ...(inputIds === undefined ? {} : { inputIds: tensor(inputIds) }),
    ...(pixelValues === undefined ? {} : { pixelValues: tf.tensor4d(pixelValues.values, [...pixelValues.shape]) }),
    ...(decoderInputIds === undefined ? {} : { decoderInputIds: matrix(decoderInputIds) }),
    ...(attentionMask === undefined ? {} : { attentionMask: tensor(attentionMask) }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: tensor(tokenTypeIds) }),
  };
}

function lossOf(tensors: ReadonlyMap<string, TensorData>): number | undefined {
  const data = tensors.get(resultNames.loss)?.data;
  return data === undefined ? undefined : new DataView(data.buffer, data.byteOffset, 4).getFloat32(0, true);
}
