// Writes --out as a whole: at every moment it holds a complete adapter, old or new.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAdapter } from "@lowrank/adapter-format";
import type { AdapterHandle } from "@lowrank/inject";
import { writeFolderAtomic } from "@lowrank/safetensors/node";
import type { TrainingState } from "@lowrank/trainer";
import { writeCheckpoint } from "@lowrank/trainer/node";
import { metricsFile } from "./metrics-file.ts";

/** What a run has to show so far. */
export interface RunResult {
  readonly handle: AdapterHandle;
  /** Entries for the adapter file's header; nothing that changes from run to run. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Texts by name; empty where the tokenizer is the base's. */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  readonly metrics: readonly string[];
  /** A section for the model card. */
  readonly card: string;
  /** What --resume needs, written as checkpoint-<step>; absent once the run is finished. */
  readonly state: TrainingState | undefined;
}

/** Writes adapter, model card, metrics, a tokenizer of the run's own and, for an unfinished run, its checkpoint. */
export async function saveRun(out: string, result: RunResult, options: { readonly overwrite: boolean }): Promise<void> {
  const { handle, metadata, tokenizerFiles, metrics, card, state } = result;
  const adapter = writeAdapter(await handle.toAdapter({ metadata }));
  const files = { ...Object.fromEntries(tokenizerFiles), ...adapter, "README.md": adapter["README.md"] + card };
  const fill = async (folder: string) => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await writeFile(join(folder, metricsFile), metrics.join(""));
    if (state !== undefined) await writeCheckpoint(folder, state);
  };
  await writeFolderAtomic(out, fill, options);
}
