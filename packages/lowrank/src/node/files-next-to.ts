// The texts next to a file, without the rest of a model folder.

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { TextFiles } from "@lowrank/data/internal";
import { openGgufParts } from "@lowrank/gguf";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { openFile } from "@lowrank/safetensors/node";
import { fileNotText, fileTooLarge } from "../errors/model-errors.ts";

/** The files in the folder of `path`, by name. */
export function filesNextTo(path: string): TextFiles {
  const folder = dirname(path);
  return {
    name: folder,
    has: async (file) => existsSync(join(folder, file)),
    async readText(file, { maxBytes }) {
      const source = await openFile(join(folder, file));
      try {
        if (source.size > maxBytes) throw fileTooLarge(join(folder, file), source.size, maxBytes);
        return decode(join(folder, file), await source.read(0, source.size));
      } finally {
        await source.close?.();
      }
    },
  };
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw fileNotText(path, cause);
  }
}

/** Opens the file; of a split one, by the path of any part, all of them. The caller closes it. */
export async function openGgufFile(path: string): Promise<ByteSource> {
  return openGgufParts(basename(path), (name) => openFile(join(dirname(path), name)));
}
