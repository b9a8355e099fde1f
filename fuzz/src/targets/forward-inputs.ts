// What a model is given: as tensors by a program, and as inputs.json by a person. Accepted is only what gives finite numbers.

import { loadModel, type PretrainedModel } from "@lowrank/models";
import type { ModelInputs } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
// The command line is a program and exports nothing, so its reader is taken from its file.
import {
  type ForwardInputs,
  type InputLimits,
  parseInputs,
} from "../../../packages/lowrank/test/forward/parse-inputs.ts";
import { treeOf } from "../inputs/json-tree.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import { root } from "../inputs/seeds.ts";
import { demand, notAnInput, type Target } from "../target.ts";

await tf.setBackend("cpu");

const names = [
  "llama-greedy",
  "gpt2-greedy",
  "bert-tokens",
  "t5-plain",
  "bart-question",
  "vit-features",
  "whisper-features",
  "dinov2-larger",
  "swin-filled-up",
  "clip-pairs",
  "electra-choice",
];
const models = new Map<unknown, PretrainedModel>();
for (const name of names) {
  models.set(name, await loadModel(openFolder(join(root, "packages/models/fixtures", name))));
}

const limits = new Map<unknown, InputLimits>([
  ["text", { vocabSize: 40, tokenTypes: 2, labels: { kind: "position", count: 40 } }],
  ["classes", { vocabSize: 40, labels: { kind: "row", count: 3 } }],
  ["target", { vocabSize: 40, hasDecoder: true, labels: { kind: "target", count: 40 } }],
  ["choices", { vocabSize: 40, isMultipleChoice: true, labels: { kind: "row", count: 2 } }],
  ["image", { vocabSize: 0, image: { channels: 2, height: 2, width: 2 }, labels: { kind: "none" } }],
]);

const ids = { shape: [2, 3], dtype: "int32", values: [5, 6, 7, 8, 9, 0] };
const mask = { ...ids, values: [1, 1, 1, 1, 1, 0] };
const image = { shape: [1, 2, 6, 6], dtype: "float32", values: Array.from({ length: 72 }, (_, index) => index / 72) };
const sounds = { shape: [2, 3, 10], dtype: "float32", values: image.values.slice(0, 60) };
const choices = { ...ids, shape: [1, 2, 3] };
const tensorSeeds = [
  ...["llama-greedy", "gpt2-greedy"].flatMap((model) => [
    { model, inputIds: ids, labels: ids },
    {
      model,
      inputIds: ids,
      attentionMask: mask,
      positionIds: [[0, 1, 2]],
      labels: { ...ids, values: [-100, 1, 2, 3, 4, 5] },
    },
  ]),
  { model: "bert-tokens", inputIds: ids, attentionMask: mask, tokenTypeIds: { ...ids, values: [0, 0, 1, 0, 1, 1] } },
  { model: "t5-plain", inputIds: ids, decoderInputIds: ids, attentionMask: mask, decoderAttentionMask: mask },
  { model: "t5-plain", inputIds: ids, labels: ids },
  { model: "bart-question", inputIds: ids, labels: { shape: [2, 2], dtype: "int32", values: [0, 1, 1, 2] } },
  { model: "vit-features", pixelValues: image },
  { model: "whisper-features", inputFeatures: sounds, decoderInputIds: ids },
  { model: "dinov2-larger", pixelValues: { ...image, shape: [1, 2, 4, 9] } },
  { model: "swin-filled-up", pixelValues: { ...image, shape: [1, 2, 6, 6] } },
  {
    model: "clip-pairs",
    pixelValues: { ...image, shape: [2, 2, 6, 6], values: [...image.values, ...image.values] },
    inputIds: ids,
    attentionMask: mask,
    labels: { shape: [2], dtype: "int32", values: [1, 0] },
  },
  { model: "electra-choice", inputIds: choices, labels: { shape: [1], dtype: "int32", values: [1] } },
];
const matrix = [
  [5, 6, 7],
  [8, 9, 0],
];
const fileSeeds = [
  {
    limits: "text",
    inputs: { input_ids: matrix, attention_mask: matrix.map((row) => row.map(Math.sign)), labels: matrix },
  },
  { limits: "classes", inputs: { input_ids: matrix, labels: [1, 2] } },
  { limits: "target", inputs: { input_ids: matrix, decoder_input_ids: [[0], [0]], labels: [[1], [-100]] } },
  { limits: "choices", inputs: { input_ids: [matrix], labels: [1] } },
  {
    limits: "image",
    inputs: {
      pixel_values: [
        [
          matrix.map((row) => row.slice(1)),
          [
            [0, 1],
            [1, 0],
          ],
        ],
      ],
    },
  },
];
const seeds = [...tensorSeeds, ...fileSeeds].map(treeOf);

export const forwardInputs: Target = {
  generate: (random) => jsonInput(seeds, random),

  async check(input) {
    const given = fieldsOf(parse(input));
    const limit = limits.get(given.get("limits"));
    if (limit !== undefined) {
      checkParsed(parseInputs("inputs.json", JSON.stringify(given.get("inputs")) ?? "", limit), limit);
      return;
    }
    const model = models.get(given.get("model"));
    if (model === undefined) notAnInput();
    const before = tf.memory().numTensors;
    const made: tf.Tensor[] = [];
    try {
      await checkForward(model, tensorsOf(given, made));
    } finally {
      tf.dispose(made);
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} tensors stayed in memory`);
    }
  },
};

async function checkForward(model: PretrainedModel, { labels, ...inputs }: ModelInputs): Promise<void> {
  // A model that reads its labels is given them; what others make of them is seen in the loss alone.
  const isRead = model.config.decoderLayers > 0 && inputs.decoderInputIds === undefined && labels !== undefined;
  const output = model.forward(isRead ? { ...inputs, labels } : inputs);
  try {
    const rows = (inputs.inputIds ?? inputs.pixelValues ?? inputs.inputFeatures)?.shape[0];
    demand(output.shape[0] === rows, `${rows} rows went in, ${output.shape} came out`);
    demand((await output.data()).every(Number.isFinite), "the output holds numbers that are not finite");
    if (labels === undefined) return;
    const loss = model.loss({ ...inputs, labels });
    const [value] = await loss.data();
    loss.dispose();
    demand(Number.isFinite(value), `the loss is ${value}`);
  } finally {
    output.dispose();
  }
}

/** The tensors that the input describes, gathered in `made`; what TensorFlow.js itself would not make is no input. */
function tensorsOf(given: ReadonlyMap<string, unknown>, made: tf.Tensor[]): ModelInputs {
  const entries = [...given].filter(([name]) => name !== "model");
  const inputs = entries.map(([name, value]): [string, unknown] => {
    if (name === "positionIds" && isRows(value)) return [name, value];
    const tensor = tensorOf(value);
    made.push(tensor);
    return [name, tensor];
  });
  return Object.fromEntries(inputs); // names and shapes are the model's to check
}

function tensorOf(value: unknown): tf.Tensor {
  const fields = fieldsOf(value);
  const [values, shape, dtype] = [fields.get("values"), fields.get("shape"), fields.get("dtype")];
  const areSmall =
    Array.isArray(values) && values.every((each) => typeof each === "number" && Math.abs(each) < 2 ** 31);
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!areSmall || !isShape || (dtype !== "int32" && dtype !== "float32" && dtype !== "bool")) return notAnInput();
  const isWhole = values.length === shape.reduce((product, size) => product * size, 1) && shape.length <= 6;
  return isWhole ? tf.tensor(values, shape, dtype) : notAnInput();
}

function isRows(value: unknown): value is readonly (readonly number[])[] {
  const isRow = (row: unknown) => Array.isArray(row) && row.every((each) => typeof each === "number");
  return Array.isArray(value) && value.every(isRow);
}

/** Every matrix has as many numbers as rows and columns, all within what the model allows. */
function checkParsed(parsed: ForwardInputs, { vocabSize, labels }: InputLimits): void {
  const { inputIds, decoderInputIds, pixelValues, choices = 1 } = parsed;
  for (const ids of [inputIds, decoderInputIds]) {
    demand(ids?.values.every((id) => id >= 0 && id < vocabSize) ?? true, "an id is outside the vocabulary");
  }
  const max = labels.kind === "none" ? 0 : labels.count;
  demand(
    parsed.labels?.values.every((label) => label === -100 || (label >= 0 && label < max)) ?? true,
    "a wrong label",
  );
  for (const of of [inputIds, decoderInputIds, parsed.labels, parsed.attentionMask, parsed.tokenTypeIds]) {
    demand(of === undefined || of.values.length === of.rows * of.columns, "a matrix has another number of values");
  }
  demand(inputIds === undefined || inputIds.rows % choices === 0, "choices are missing");
  demand(pixelValues?.values.every(Number.isFinite) ?? true, "an image holds numbers that are not finite");
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function parse(input: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(input));
  } catch {
    return undefined;
  }
}
