// What .ci/run fetches once and keeps: real weights, and Python with PEFT. Tests that need them say when they are absent.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = process.env.LOWRANK_CACHE ?? join(homedir(), ".cache", "lowrank");

/** SmolLM2-135M-Instruct in blocks of 4 bits; undefined where nobody fetched it. */
export const smollm2Gguf = prepared("smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf");
/** Its numbers in float32 as a Hugging Face folder, which benchmarks write. */
export const smollm2Folder = existing(join(cache, "smollm2-folder"));
if (smollm2Folder === undefined) console.info(`skipped: SmolLM2 in PEFT – no ${join(cache, "smollm2-folder")}`);
/** A Python that has transformers and PEFT. */
export const pythonWithPeft = prepared("peft-venv", "bin/python");

function prepared(folder: string, file: string): string | undefined {
  const found = existing(join(cache, folder, "complete")) === undefined ? undefined : join(cache, folder, file);
  if (found === undefined) {
    console.info(`skipped: what needs ${join(cache, folder)} (python3 scripts/python/prepare.py ${cache} fetches it)`);
  }
  return found;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
