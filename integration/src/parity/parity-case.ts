// A fixture made by PEFT, loaded with our own packages: the base, the adapter, the inputs.

import type { Adapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import type { Fixture, FixtureTensor } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import {
  loadParityModel,
  type ParityInputs,
  type ParityModel,
  withLayersOf,
  withVocabularyOf,
} from "./parity-model.ts";

/** Everything that a check needs. */
export interface ParityCase {
  readonly fixture: Fixture;
  /** As the files have it, but for added tokens. */
  readonly base: ParityModel;
  /** What the adapter is on: the base, or one that repeats its layers. */
  readonly model: ParityModel;
  readonly adapter: Adapter;
  readonly handle: AdapterHandle;
  dispose(): void;
}

/** The base alone, and with the adapter. */
export const baseContext: ForwardContext = inferenceContext();
export const adapterContext: ForwardContext = inferenceContext(activeAdapters("default"));

/** Loads `base/` and `adapter/` of a fixture, and attaches the adapter. */
export async function openCase(fixture: Fixture): Promise<ParityCase> {
  const adapter = await readAdapterFolder(`${fixture.folder}/adapter`);
  const base = withVocabularyOf(await loadParityModel(`${fixture.folder}/base`), adapter);
  const models = [base];
  try {
    const model = withLayersOf(base, adapter.config);
    if (model !== base) models.push(model);
    const handle = attachAdapter(model, adapter, { trainable: true });
    const dispose = () => {
      handle.dispose();
      for (const one of models) one.dispose();
    };
    return { fixture, base, model, adapter, handle, dispose };
  } catch (error) {
    for (const one of models) one.dispose();
    throw error;
  }
}

/** Which tensor of a fixture is which input. */
const inputNames = {
  inputIds: "input_ids",
  attentionMask: "attention_mask",
  tokenTypeIds: "token_type_ids",
  decoderInputIds: "decoder_input_ids",
  decoderAttentionMask: "decoder_attention_mask",
  pixelValues: "pixel_values",
  features: "features",
} as const;

/** Inputs that are no integers. */
const realInputs: ReadonlySet<string> = new Set([inputNames.pixelValues, inputNames.features]);

/** Which of a fixture's inputs: its own, one of its batches for training or measuring, or those of a mixed batch. */
export type InputSet =
  | { readonly set: "own" | "mixed"; readonly batch?: never }
  | { readonly set: "train" | "measured"; readonly batch: number };

/** A batch as tensors. */
export function inputsOf(fixture: Fixture, { set, batch }: InputSet = { set: "own" }): ParityInputs {
  const nameOf = (name: string) => (set === "own" ? name : `${set}.${name}`);
  const read = (name: string): tf.Tensor => {
    const { shape, values, dtype: stored } = fixture.tensor(nameOf(name));
    const isReal = realInputs.has(name) || (name === "labels" && /^(F|BF)/.test(stored)); // a regression's labels
    const numbers = isReal ? values : Int32Array.from(values);
    const dtype = isReal ? "float32" : "int32";
    if (batch === undefined) return tf.tensor(numbers, [...shape], dtype);
    const size = values.length / shape[0]!;
    return tf.tensor(numbers.slice(batch * size, (batch + 1) * size), shape.slice(1), dtype);
  };
  const given = Object.entries(inputNames).flatMap(([key, name]) =>
    fixture.tensors.has(nameOf(name)) ? [[key, read(name)] as const] : [],
  );
  // The fixtures' inputs have the shapes that their names promise.
  return { ...(Object.fromEntries(given) as Omit<ParityInputs, "labels">), labels: labelsOf(fixture, nameOf, read) };
}

/** Whether there is something to learn from the fixture's own inputs: a base without a head has states, and no loss. */
export function hasLabels({ tensors }: Pick<Fixture, "tensors">): boolean {
  return tensors.has("labels") || tensors.has("start_positions");
}

/** Where answers start and end are two tensors in a fixture and one here. */
function labelsOf(fixture: Fixture, nameOf: (name: string) => string, read: (name: string) => tf.Tensor): tf.Tensor {
  if (fixture.tensors.has(nameOf("labels"))) return read("labels");
  const isOptional = nameOf("") === "mixed." || (nameOf("") === "" && !hasLabels(fixture));
  if (!fixture.tensors.has(nameOf("start_positions"))) return isOptional ? tf.zeros([0]) : read("labels");
  return tf.tidy(() => tf.stack([read("start_positions"), read("end_positions")], 1));
}

/** Frees a batch. */
export function disposeInputs(inputs: ParityInputs): void {
  tf.dispose(Object.values(inputs));
}

/** Logits as numbers. */
export function logitsOf(model: ParityModel, inputs: ParityInputs, context: ForwardContext): Float32Array {
  return tf.tidy(() => Float32Array.from(model.forward(inputs, context).dataSync()));
}

/** Tells which logits belong to padding; none do where a model gives one row per example, or a decoder's positions. */
export function paddingFilter(
  fixture: Fixture,
  logits: FixtureTensor,
  maskName = "attention_mask",
): (index: number) => boolean {
  const mask = fixture.tensors.get(maskName);
  if (!mask || logits.shape.length !== 3 || logits.shape[1] !== mask.shape[1]) return () => false;
  const perPosition = logits.values.length / mask.values.length;
  return (index) => mask.values[Math.floor(index / perPosition)] === 0;
}

/** A variable's values, or its gradient's, with the axes as PEFT's file has them. */
export function valuesInFile(handle: AdapterHandle, key: string, tensor: tf.Tensor): Float32Array {
  return tf.tidy(() => Float32Array.from(handle.inFileLayout(key, tensor).dataSync()));
}
