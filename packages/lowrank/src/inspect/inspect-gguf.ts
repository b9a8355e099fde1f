// A .gguf file: metadata and tensor types; nothing is dequantised.

import { openGguf } from "@lowrank/gguf";
import type { ByteSource } from "@lowrank/safetensors";
import { type GgufInspection, totals } from "./inspection.ts";

/** Reads the header of a GGUF file, and closes it. */
export async function inspectGguf(source: ByteSource, path = source.name): Promise<GgufInspection> {
  try {
    const { version, metadata, tensors } = await openGguf(source);
    const facts = [...tensors.values()].map(({ name, type, shape, byteLength }) => {
      return { name, dtype: String(type), shape, bytes: byteLength };
    });
    return { kind: "gguf", path, ...totals(facts), fileBytes: source.size, version, metadata, warnings: [] };
  } finally {
    await source.close?.();
  }
}
