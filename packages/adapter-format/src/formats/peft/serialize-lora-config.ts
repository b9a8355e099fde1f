// LoraConfig → adapter_config.json, as PEFT writes it.

import { type FieldName, type FieldRow, fieldNames, loraFields } from "../../config/lora-fields.ts";
import { type WritableJson, writeJsonObject } from "../../config/write-json.ts";
import type { LoraConfig } from "../../lora-config.ts";

/**
 * Writes an adapter_config.json: every key that PEFT 0.21 writes, sorted, indented by two, `inference_mode` true;
 * unknown keys come back as they were. Patterns keep their order, because the first that matches counts; `writeAdapter`,
 * which knows the modules, sorts them or writes patterns whose order does not matter.
 *
 * @example
 * ```ts
 * import { createLoraConfig, parseLoraConfig, serializeLoraConfig } from "@lowrank/adapter-format";
 *
 * const json = serializeLoraConfig(createLoraConfig({ rank: 2 }));
 * if (parseLoraConfig(json).rank !== 2) throw new Error("lost");
 * ```
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
