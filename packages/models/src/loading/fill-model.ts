// Reads tensors into an outline one after the other, so that at most two of them are in memory in the file's format.

import type { WeightSlot } from "@lowrank/engine/hook-points";
import { normal } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { ModelTooLargeError } from "../errors.ts";
import type { GenerationDefaults } from "../folder/generation-defaults.ts";
import type { ModelOutline } from "../outline/outline-model.ts";
import { PretrainedModel } from "../pretrained-model.ts";
import { type BasePrecision, fillSlot, warnOfPrecision } from "./base-precision.ts";
import { Fingerprint, sampleOf } from "./fingerprint.ts";
import type { LoadOptions } from "./load-options.ts";
import { type LoadingPlan, planLoading, type SlotFilling } from "./plan-loading.ts";
import type { SourceTensor, WeightSource } from "./weight-source.ts";

export interface FillSettings {
  readonly options: LoadOptions;
  /** Standard deviation of new weights. */
  readonly initializerRange: number;
  /** The files' generation defaults. */
  readonly generation: GenerationDefaults;
}

/** Checks every header first, then reads. If anything fails or is aborted, all tensors made so far are freed. */
export async function fillModel(
  outline: ModelOutline,
  source: WeightSource,
  settings: FillSettings,
): Promise<PretrainedModel> {
  const { plan, backbone, head, parts } = outline;
  const { config, task } = plan;
  const { options } = settings;
  const slots = parts.flatMap((part) => part.slots);
  const choices = { mayMakeHeadNew: options.newHead !== undefined };
  const loading = planLoading(plan, slots, { source, choices });
  checkSize(loading, source, options);
  const fingerprint = new Fingerprint(config);
  try {
    await readTensors(loading, source, { options, fingerprint });
    for (const slot of loading.toMakeNew) slot.fill(newValue(slot, settings));
    const newParameters = loading.toMakeNew.flatMap(({ path, isOptional }) => (isOptional === true ? [] : [path]));
    return new PretrainedModel({
      config,
      task,
      parts,
      backbone,
      head,
      newParameters,
      fingerprint: fingerprint.toString(),
      generation: settings.generation,
    });
  } catch (error) {
    for (const part of parts) part.dispose();
    throw error;
  }
}

async function readTensors(
  { fillings }: LoadingPlan,
  source: WeightSource,
  { options, fingerprint }: { readonly options: LoadOptions; readonly fingerprint: Fingerprint },
): Promise<void> {
  const isLeft = ({ key, slot }: SlotFilling) => options.leftIn?.takes(slot, source, key) ?? false;
  const slotOf = new Map(
    fillings.flatMap((filling) => (isLeft(filling) ? [] : [[filling.key, filling.slot] as const])),
  );
  const read = (key: string) => (slotOf.has(key) ? source.readBytes(key) : sampleOf(source, key));
  const filling = { precision: options.basePrecision ?? "float32", onWarning: options.onWarning };
  warnOfPrecision(filling);
  let done = 0;
  for await (const [key, tensor, bytes] of readAhead(source, read)) {
    options.signal?.throwIfAborted();
    const slot = slotOf.get(key);
    fingerprint.add(key, tensor, bytes);
    if (slot !== undefined) fillSlot(slot, { source, key, bytes }, filling);
    done += 1;
    options.onProgress?.({ done, total: source.tensors.size });
  }
}

/** Tensors with their bytes: while one is converted, the next is read from disk. */
async function* readAhead(
  { tensors }: WeightSource,
  read: (key: string) => Promise<Uint8Array>,
): AsyncGenerator<readonly [key: string, tensor: SourceTensor, bytes: Uint8Array]> {
  const entries = [...tensors];
  let next = entries[0] && read(entries[0][0]);
  try {
    for (const [index, [key, tensor]] of entries.entries()) {
      const bytes = await next;
      const following = entries[index + 1];
      next = following && read(following[0]);
      if (bytes !== undefined) yield [key, tensor, bytes];
    }
  } finally {
    // A caller that stops early closes the file.
    await next?.catch(() => undefined);
  }
}

/** As transformers' `_init_weights`. */
function newValue(slot: WeightSlot, { options, initializerRange }: FillSettings): tf.Tensor {
  if (typeof slot.initial === "function") return slot.initial();
  if (slot.initial === "zeros") return tf.zeros([...slot.shape]);
  if (slot.initial === "ones") return tf.ones([...slot.shape]);
  return normal(slot.shape, 0, initializerRange, { seed: options.newHead?.seed ?? 0, path: slot.path });
}

// Whether the files' tensors can be held at all: known from their headers, before anything is allocated. A sparse file of a
// few kilobytes on disk can honestly claim a hundred gigabytes.

/** TensorFlow.js counts a tensor's values in 32 bits, one of them the sign. */
const maxValues = 2 ** 31 - 1;

/** Minimum bytes for each value of a matrix, by precision; "as-stored" takes as many as the file. */
const minBytes: Readonly<Record<Exclude<BasePrecision, "as-stored">, number>> = {
  float32: 4,
  bf16: 2,
  int8: 1,
  nf4: 0.5,
};

/** Throws ModelTooLargeError with every tensor that is too large, or with the total size. */
export function checkSize(
  { fillings }: LoadingPlan,
  source: WeightSource,
  { leftIn, maxBytes = Number.POSITIVE_INFINITY, basePrecision = "float32" }: LoadOptions,
): void {
  if (leftIn !== undefined) return;
  const sizes = fillings.map(({ key, slot }) => {
    const values = slot.shape.reduce((product, size) => product * size, 1);
    const stored = source.tensors.get(key)?.byteLength ?? 0;
    const packed = basePrecision === "as-stored" ? Math.min(stored, 4 * values) : minBytes[basePrecision] * values;
    return { tensor: key, values, bytes: slot.packing === undefined ? 4 * values : packed };
  });
  const tooLarge = sizes.filter(({ values }) => values > maxValues);
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  if (tooLarge.length > 0 || bytes > maxBytes)
    throw new ModelTooLargeError(source.name, { tensors: tooLarge, maxValues, bytes, maxBytes });
}
