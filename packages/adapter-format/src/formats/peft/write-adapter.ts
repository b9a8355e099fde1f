// Writes an adapter as PEFT's three files. The same adapter always gives the same bytes.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { joinPieces, type TensorData } from "@lowrank/safetensors";
import { encodeFloat32, safetensorsPieces } from "@lowrank/safetensors/internal";
import { type FieldName, type FieldRow, fieldNames, loraFields } from "../../config/lora-fields.ts";
import { invalidAdapterTensorsError } from "../../errors.ts";
import { type WritableJson, writeJsonObject } from "../../json.ts";
import type { Adapter, LoraConfig } from "../../lora-config.ts";
import { keyPrefix } from "../../tensor-keys.ts";
import { tensorProblems, valueProblems } from "./check-tensors.ts";
import { modelCard, savedClasses } from "./model-card.ts";
import { withSortedPatterns } from "./pattern-order.ts";

/** Options of `writeAdapter`. */
export interface WriteAdapterOptions {
  /** Type of the values in the file. Default F32. */
  readonly dtype?: "F32" | "F16" | "BF16";
}

export const writeAdapterNames: OptionNames<WriteAdapterOptions> = { dtype: true };

/** An adapter's files by name. */
export interface WrittenAdapter {
  readonly "adapter_config.json": string;
  readonly "adapter_model.safetensors": Uint8Array;
  readonly "README.md": string;
}

/**
 * Makes the files that PEFT's `PeftModel.from_pretrained` reads.
 *
 * @throws INVALID_ADAPTER_TENSORS if tensors do not fit the configuration or their shapes, are not finite, or do not fit into
 * `dtype`. So every file that is written can be read again.
 */
export function writeAdapter(adapter: Adapter, options: WriteAdapterOptions = {}): WrittenAdapter {
  refuseUnknownOptions("writeAdapter", options, writeAdapterNames);
  const { weights, ...texts } = adapterPieces(adapter, options);
  return { ...texts, "adapter_model.safetensors": joinPieces(weights) };
}

/** An adapter's files, with the weights in pieces. Write the pieces at once, because they may share the adapter's memory. */
export interface AdapterPieces extends Omit<WrittenAdapter, "adapter_model.safetensors"> {
  readonly weights: readonly Uint8Array[];
}

/** Like `writeAdapter`, but the weights are not joined to one array. */
export function adapterPieces(adapter: Adapter, options: WriteAdapterOptions = {}): AdapterPieces {
  const dtype = options.dtype ?? "F32";
  const problems = [...tensorProblems(adapter.config, adapter.tensors), ...valueProblems(adapter.tensors, dtype)];
  if (problems.length > 0) throw invalidAdapterTensorsError("The adapter", problems);
  const tensors = new Map<string, TensorData>();
  for (const [key, { shape, values }] of adapter.tensors)
    tensors.set(keyPrefix + key, { dtype, shape, data: encodeFloat32(values, dtype) });
  return {
    "adapter_config.json": serializeLoraConfig(withSortedPatterns(adapter)),
    weights: safetensorsPieces(tensors, new Map([["format", "pt"], ...adapter.metadata])),
    "README.md": modelCard(adapter.config, savedClasses(adapter)),
  };
}

/**
 * Writes an adapter_config.json: every key of PEFT 0.21, sorted, indented by two, `inference_mode` true. Unknown keys are written
 * back unchanged. Patterns keep their order, because the first match is used. `writeAdapter` knows the modules, so it can sort
 * them or write patterns whose order does not matter.
 */
export function serializeLoraConfig(config: LoraConfig): string {
  const entries = new Map<string, WritableJson>(config.unknown);
  entries.set("peft_type", "LORA");
  for (const name of fieldNames) entries.set(loraFields[name].key, writeField(name, config));
  entries.set(loraFields.inferenceMode.key, true);
  return writeJsonObject(entries);
}

function writeField<Name extends FieldName>(name: Name, config: LoraConfig): WritableJson {
  const row: FieldRow<LoraConfig[Name]> = loraFields[name];
  return row.codec.write(config[name]);
}
