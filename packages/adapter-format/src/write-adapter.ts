// An adapter → the three files that PEFT keeps in a folder. The same adapter always gives the same bytes.

import { type EncodableDtype, encodeFloat32, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import type { Adapter } from "./adapter.ts";
import { tensorProblems } from "./check-tensors.ts";
import { InvalidAdapterTensorsError, type TensorProblem } from "./errors.ts";
import { modelCard } from "./model-card.ts";
import { serializeLoraConfig } from "./serialize-lora-config.ts";
import { keyPrefix } from "./tensor-keys.ts";

/** How to write an adapter. */
export interface WriteAdapterOptions {
  /** Type of the numbers in the file; default F32. */
  readonly dtype?: "F32" | "F16" | "BF16";
}

/** An adapter's files by name. */
export interface WrittenAdapter {
  readonly "adapter_config.json": string;
  readonly "adapter_model.safetensors": Uint8Array;
  readonly "README.md": string;
}

/**
 * Makes an adapter's files, which PEFT's `PeftModel.from_pretrained` reads.
 *
 * @throws InvalidAdapterTensorsError if the tensors do not fit the configuration or their own shapes, are not finite,
 * or do not fit into `dtype`; so nothing is written that could not be read again.
 */
export function writeAdapter(adapter: Adapter, options: WriteAdapterOptions = {}): WrittenAdapter {
  const dtype = options.dtype ?? "F32";
  const problems = [...tensorProblems(adapter.config, adapter.tensors), ...valueProblems(adapter, dtype)];
  if (problems.length > 0) throw new InvalidAdapterTensorsError("The adapter", problems);
  const tensors = new Map<string, TensorData>();
  for (const [key, { shape, values }] of adapter.tensors)
    tensors.set(keyPrefix + key, { dtype, shape, data: encodeFloat32(values, dtype) });
  return {
    "adapter_config.json": serializeLoraConfig(adapter.config),
    "adapter_model.safetensors": serializeSafetensors(tensors, new Map([["format", "pt"], ...adapter.metadata])),
    "README.md": modelCard(adapter.config),
  };
}

/** Largest finite number of each type; larger ones become infinite when rounded. */
const largest: Readonly<Record<"F32" | "F16" | "BF16", number>> = {
  F32: Number.MAX_VALUE,
  F16: 65_519.99,
  BF16: 3.3961775e38,
} satisfies Partial<Record<EncodableDtype, number>>;

function valueProblems({ tensors }: Adapter, dtype: "F32" | "F16" | "BF16"): readonly TensorProblem[] {
  const problems: TensorProblem[] = [];
  for (const [key, { shape, values }] of tensors) {
    const wanted = shape.reduce((product, size) => product * size, 1);
    const broken = firstBeyond(values, largest[dtype]);
    if (values.length !== wanted)
      problems.push({
        key,
        problem: `has ${values.length} values, but its shape [${shape.join(", ")}] needs ${wanted}`,
      });
    else if (broken >= 0)
      problems.push({ key, problem: `has ${values[broken]} at position ${broken}, which ${dtype} cannot hold` });
  }
  return problems;
}

/** Position of the first value that is not a number between −limit and limit; −1 without one. */
function firstBeyond(values: Float32Array, limit: number): number {
  // One pass over millions of numbers, almost always without a finding: a sum of zeros is NaN if one of them is no number.
  let zeros = 0;
  let most = 0;
  for (let index = 0; index < values.length; index++) {
    const size = Math.abs(values[index] as number);
    zeros += size * 0;
    if (size > most) most = size;
  }
  if (zeros === 0 && most <= limit) return -1;
  return values.findIndex((value) => !(Math.abs(value) <= limit));
}
