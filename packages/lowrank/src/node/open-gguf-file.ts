// A .gguf file on disk, or all parts of a split one.

import { basename, dirname, join } from "node:path";
import { openGgufParts } from "@lowrank/gguf";
import type { ByteSource } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";

/** Opens the file; of a split one, by the path of any part, all of them. The caller closes it. */
export async function openGgufFile(path: string): Promise<ByteSource> {
  return openGgufParts(basename(path), (name) => openFile(join(dirname(path), name)));
}
