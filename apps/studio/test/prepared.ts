// Real weights and Python with PEFT, which .ci/run fetches once. Tests that need them report if they are absent.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, findPrepared } from "@lowrank/testing/cache-folder";

/** SmolLM2-135M-Instruct in 4-bit blocks; undefined if it was not fetched. */
export const smollm2Gguf = prepared("smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf");
/** SmolLM2's weights in float32 as a Hugging Face folder, which benchmarks write. */
export const smollm2Folder = existing(join(cacheFolder, "smollm2-folder"));
if (smollm2Folder === undefined) console.info(`skipped: SmolLM2 in PEFT – no ${join(cacheFolder, "smollm2-folder")}`);
/** A Python that has transformers and PEFT. */
export const pythonWithPeft = prepared("peft-venv", "bin/python");

function prepared(name: string, file: string): string | undefined {
  const found = findPrepared(name);
  if ("folder" in found) return join(found.folder, file);
  console.info(`skipped: ${found.missing}`);
  return undefined;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
