// A fixture made by PEFT, loaded with our own packages: the base, the adapter, the inputs.

import { type Adapter, keyPrefix } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import { type LabelledInputs, loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { type Fixture, type FixtureTensor, readFixture } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";

/** Everything that a check needs. */
export interface ParityCase {
  readonly fixture: Fixture;
  readonly model: PretrainedModel;
  readonly adapter: Adapter;
  readonly handle: AdapterHandle;
  dispose(): void;
}

/** The base alone, and with the adapter. */
export const baseContext: ForwardContext = inferenceContext();
export const adapterContext: ForwardContext = inferenceContext(activeAdapters("default"));

/** Loads `base/` and `adapter/` of a fixture, and attaches the adapter. */
export async function openCase(nameOrPath: string): Promise<ParityCase> {
  const fixture = await readFixture(nameOrPath);
  const adapter = await readAdapterFolder(`${fixture.folder}/adapter`);
  const model = await loadModel(openFolder(`${fixture.folder}/base`));
  try {
    const handle = attachAdapter(model, adapter, { trainable: true });
    const dispose = () => {
      handle.dispose();
      model.dispose();
    };
    return { fixture, model, adapter, handle, dispose };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A batch as tensors: `prefix` "" is the fixture's inputs, "train." with an index one of its training batches. */
export function inputsOf(fixture: Fixture, batch?: number): LabelledInputs {
  const read = (name: string): tf.Tensor => {
    const { shape, values } = fixture.tensor(batch === undefined ? name : `train.${name}`);
    const integers = Int32Array.from(values);
    if (batch === undefined) return tf.tensor(integers, [...shape], "int32");
    const size = values.length / shape[0]!;
    return tf.tensor(integers.slice(batch * size, (batch + 1) * size), shape.slice(1), "int32");
  };
  // The fixtures' inputs are [batch, time].
  const inputs = { inputIds: read("input_ids") as tf.Tensor2D, labels: read("labels") };
  const hasMask = fixture.tensors.has("attention_mask");
  return hasMask ? { ...inputs, attentionMask: read("attention_mask") as tf.Tensor2D } : inputs;
}

/** Frees a batch. */
export function disposeInputs({ inputIds, labels, attentionMask }: LabelledInputs): void {
  tf.dispose([inputIds, labels, ...(attentionMask ? [attentionMask] : [])]);
}

/** Logits as numbers. */
export function logitsOf(model: PretrainedModel, inputs: LabelledInputs, context: ForwardContext): Float32Array {
  return tf.tidy(() => Float32Array.from(model.forward(inputs, context).dataSync()));
}

/** Tells which logits belong to padding; nothing does where a model gives one row per example. */
export function paddingFilter(fixture: Fixture, logits: FixtureTensor): (index: number) => boolean {
  const mask = fixture.tensors.get("attention_mask");
  if (!mask || logits.shape.length !== 3) return () => false;
  const perPosition = logits.values.length / mask.values.length;
  return (index) => mask.values[Math.floor(index / perPosition)] === 0;
}

/** Entries of a fixture that are named by tensors of the adapter: "grad.", "final.". */
export function byKey(fixture: Fixture, start: string): ReadonlyMap<string, FixtureTensor> {
  const prefix = start + keyPrefix;
  return new Map(
    [...fixture.tensors].flatMap(([name, tensor]): [string, FixtureTensor][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}
