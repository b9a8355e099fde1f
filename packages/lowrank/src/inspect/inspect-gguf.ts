// A .gguf file: metadata and tensor types; nothing is dequantised.

import { openGguf } from "@lowrank/gguf";
import { openGgufFile } from "../node/open-gguf-file.ts";
import { type GgufInspection, totals } from "./inspection.ts";

/** Reads the header of a GGUF file. */
export async function inspectGguf(path: string): Promise<GgufInspection> {
  const source = await openGgufFile(path);
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
