// The files that Python loads: an adapter, the model that it is merged into, and our logits of both.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { writeModelFolder } from "@lowrank/merge/node";
import { PretrainedModel } from "@lowrank/models";
import { float32Tensor, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import type { FixtureTensor } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { inputsOf } from "../../parity/fixture/parity-case.ts";
import type { ParityModel } from "../../parity/parity-model.ts";
import type { LoadedBase } from "../bases/loaded-base.ts";

/** One thing for Python to check; see scripts/python/check_in_peft.py. */
export interface PythonCase {
  readonly name: string;
  readonly kind: "adapter" | "merged";
  readonly base: string;
  readonly folder: string;
  /** Folders of adapters that act together with the one in `folder`. */
  readonly beside?: readonly string[];
  /** Which of these adapters each row of the batch has, by folder name, or "__base__"; all act on all rows without it. */
  readonly rows?: readonly string[];
  readonly expected: string;
  /** Tokens that `base` gets before the adapter is loaded, if it has others. */
  readonly vocabulary?: number;
}

/** The folder and the name of a case. */
export interface CaseLocation {
  readonly name: string;
  readonly folder: string;
}

/** Writes adapters that act together, or each in the rows that have its name. */
export async function writeAdapterCase(
  loaded: LoadedBase,
  handles: readonly AdapterHandle[],
  { name, folder, rows }: CaseLocation & Pick<PythonCase, "rows">,
): Promise<PythonCase> {
  const { folder: base, vocabulary } = loaded;
  const folders = handles.map((handle) => join(folder, handle.name));
  await mkdir(folder, { recursive: true });
  for (const [index, handle] of handles.entries()) await writeAdapterFolder(folders[index]!, await handle.toAdapter());
  const expected = join(folder, "adapter.safetensors");
  const all = activeAdapters(...handles.map((handle) => handle.name));
  await writeExpected(expected, loaded, inferenceContext(rows === undefined ? all : adapterRows(rows)));
  const [first = "", ...beside] = folders;
  const more = {
    ...(beside.length > 0 && { beside }),
    ...(vocabulary !== undefined && { vocabulary }),
    ...(rows && { rows }),
  };
  return { name, kind: "adapter", base, folder: first, expected, ...more };
}

/** Merges adapters and writes the model. */
export async function writeMergedCase(
  loaded: LoadedBase,
  handles: readonly AdapterHandle[],
  { name, folder }: CaseLocation,
): Promise<PythonCase> {
  const { folder: base, model } = loaded;
  const [merged, expected] = [join(folder, "merged"), join(folder, "merged.safetensors")];
  await mkdir(folder, { recursive: true });
  await mergeAdapter(model, handles);
  await writeModel(merged, model, base);
  await writeExpected(expected, loaded, inferenceContext());
  return { name, kind: "merged", base, folder: merged, expected };
}

async function writeModel(folder: string, model: ParityModel, base: string): Promise<void> {
  // Always F32: rounding to BF16 would hide smaller differences.
  if (model instanceof PretrainedModel) {
    await writeModelFolder(folder, { model, sourceFolder: base, dtype: "F32" });
    return;
  }
  await mkdir(folder);
  const tensors = model.parameters().map((parameter): [string, TensorData] => {
    const stored = tf.tidy(() => (parameter.transposedInFile ? tf.transpose(parameter.read()) : parameter.read()));
    try {
      return [parameter.path, float32Tensor(stored.shape, stored.dataSync<"float32">())];
    } finally {
      stored.dispose();
    }
  });
  await writeFile(join(folder, "model.safetensors"), serializeSafetensors(new Map(tensors)));
}

/** transformers' names of model inputs. */
const inputNames: ReadonlySet<string> = new Set([
  "input_ids",
  "attention_mask",
  "token_type_ids",
  "decoder_input_ids",
  "pixel_values",
  "input_features",
  "features",
]);

async function writeExpected(path: string, { model, batch }: LoadedBase, context: ForwardContext): Promise<void> {
  // By default a decoder reads the labels.
  const readsLabels = model instanceof PretrainedModel && model.task === "sequence-to-sequence";
  const inputs = [...batch.tensors].filter(([name]) => inputNames.has(name) || (readsLabels && name === "labels"));
  const logits = tf.tidy(() => model.forward(inputsOf(batch), context));
  const found = float32Tensor(logits.shape, logits.dataSync<"float32">());
  logits.dispose();
  const stored = inputs.map(([name, tensor]): [string, TensorData] => [name, storedInput(tensor)]);
  await writeFile(path, serializeSafetensors(new Map([...stored, ["logits", found]])));
}

function storedInput({ dtype, shape, values }: FixtureTensor): TensorData {
  if (dtype === "F32") return float32Tensor([...shape], values);
  return { dtype: "I32", shape: [...shape], data: new Uint8Array(Int32Array.from(values).buffer) };
}
