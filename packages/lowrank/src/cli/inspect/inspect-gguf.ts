// A .gguf file: metadata and tensor types; nothing is dequantised.

import { escapeName } from "@lowrank/contracts";
import { type GgufValue, openGguf } from "@lowrank/gguf";
import { openFile } from "@lowrank/safetensors/node";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { countBytes, countParameters, type Inspection, listDtypes } from "./inspection.ts";

/** Reads the header of a GGUF file. */
export async function inspectGguf(path: string): Promise<Inspection> {
  const source = await openFile(path);
  try {
    const file = await openGguf(source);
    const tensors = [...file.tensors.values()].map(({ name, type, shape, byteLength }) => {
      return { name, dtype: String(type), shape, bytes: byteLength };
    });
    const metadata = [...file.metadata].map(([key, value]) => [key, summarize(value)] as const);
    return {
      kind: "gguf",
      path,
      facts: [
        ["version", String(file.version)],
        ["tensors", `${formatCount(tensors.length)}, ${listDtypes(tensors)}`],
        ["parameters", formatCount(countParameters(tensors))],
        ["size", formatBytes(source.size)],
        ...metadata.map(([key, value]) => [escapeName(key), escapeName(value)] as const),
      ],
      tensors,
      details: {
        version: file.version,
        parameters: countParameters(tensors),
        bytes: countBytes(tensors),
        metadata: Object.fromEntries(metadata),
      },
      warnings: [],
    };
  } finally {
    await source.close?.();
  }
}

/** A vocabulary is in the metadata as well: long values are described, not shown. */
function summarize(value: GgufValue): string {
  if (typeof value === "object" && value !== null && "length" in value) return `${formatCount(value.length)} values`;
  const text = String(value).replaceAll("\n", " ");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
