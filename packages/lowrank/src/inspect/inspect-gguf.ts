// Inspects a .gguf file: metadata and tensor types, without dequantizing.

import { LowrankError, type Warning } from "@lowrank/contracts";
import { openGguf } from "@lowrank/gguf";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { readGgufConfig } from "../open/base-config.ts";
import { type GgufInspection, totals } from "./inspection.ts";

/** Reads the header of a GGUF file, and closes it. */
export async function inspectGguf(source: ByteSource, path = source.name): Promise<GgufInspection> {
  try {
    const { version, metadata, tensors } = await openGguf(source);
    const facts = [...tensors.values()].map(({ name, type, shape, byteLength }) => {
      return { name, dtype: String(type), shape, bytes: byteLength };
    });
    const warnings = (metadata.get("general.type") ?? "model") === "model" ? await whyNoBase(source) : [];
    return { kind: "gguf", path, ...totals(facts), fileBytes: source.size, version, metadata, warnings };
  } finally {
    await source.close?.();
  }
}

/** Warns early if training on the file is not supported. */
async function whyNoBase(source: ByteSource): Promise<readonly Warning[]> {
  try {
    await readGgufConfig(source);
    return [];
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    return [{ code: error.code, message: error.message }];
  }
}
