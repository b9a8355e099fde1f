// Writes `out` atomically: it always has a complete adapter, old or new, and the checkpoints to keep.

import { cp, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeListedFolder } from "@lowrank/safetensors/internal/node";
import type { TrainingState } from "@lowrank/trainer";
import { listCheckpoints, surplusCheckpoints, writeCheckpoint } from "@lowrank/trainer/node";
import type { FolderFiles } from "../../platform.ts";
import type { CheckpointRetention } from "../../run-folder.ts";
import { withRelativeBase } from "../base-path.ts";
import { metricsFile } from "./metrics-file.ts";

export interface RunResult {
  /** Adapter, model card and the run's tokenizer, by name. */
  readonly files: FolderFiles;
  readonly metrics: readonly string[];
  /** Files about the run, which are not in its checkpoints. */
  readonly records?: FolderFiles;
  readonly stepsDone: number;
  /** The step of the best validation, if any. */
  readonly bestStep: number | undefined;
  /** The state for `resume`, written as checkpoint-<step> with the adapter; undefined when the run is finished. */
  readonly state: TrainingState | undefined;
}

export interface SaveOptions {
  readonly overwrite: boolean;
  /** Whether the folder is this run's earlier work: then other files stay, except surplus checkpoints. */
  readonly isOwn: boolean;
  readonly keep: CheckpointRetention | undefined;
}

/** Writes the run. A finished run keeps the best checkpoint if it is not the last step's, and returns its path. */
export async function saveRun(out: string, result: RunResult, options: SaveOptions): Promise<string | undefined> {
  const { metrics, records = new Map(), state } = result;
  const files = await withRelativeBase(result.files, out);
  const inCheckpoint = await withRelativeBase(result.files, join(out, "checkpoint")); // each is a folder in `out`
  const { best, leaving } = await earlierCheckpoints(out, result, options);
  const bestName = state === undefined && best !== undefined ? `best-${basename(best)}` : undefined;
  const fill = async (folder: string) => {
    for (const [name, content] of [...files, ...records]) await writeFile(join(folder, name), content);
    await writeFile(join(folder, metricsFile), metrics.join(""));
    if (state !== undefined) await writeCheckpoint(folder, state, { files: inCheckpoint });
    if (best !== undefined && bestName !== undefined) await cp(best, join(folder, bestName), { recursive: true });
  };
  const { overwrite, isOwn } = options;
  const keep = (name: string, isListed: boolean) => !leaving.has(name) && (isOwn || !isListed);
  // A run to resume is recognized by its checkpoint.
  await writeListedFolder(out, fill, { overwrite, keep, mayBeUnlisted: isOwn });
  return bestName === undefined ? undefined : join(out, bestName);
}

/** The path of the best checkpoint before this step, and the names of checkpoints to remove. */
async function earlierCheckpoints(
  out: string,
  { stepsDone, bestStep, state }: RunResult,
  { isOwn, keep = {} }: SaveOptions,
) {
  const all = isOwn ? await listCheckpoints(out) : [];
  const earlier = all.filter(({ step }) => step < stepsDone);
  const best = keep.best === false ? undefined : bestStep;
  const rule = { keepLast: keep.last ?? 3, best };
  const surplus = state === undefined ? earlier : surplusCheckpoints(earlier, rule);
  // If a run resumes from an older checkpoint, the newer one is damaged.
  const leaving = [...surplus, ...all.filter(({ step }) => step >= stepsDone)];
  return {
    best: earlier.find(({ step }) => step === best)?.path,
    leaving: new Set(leaving.map(({ path }) => basename(path))),
  };
}
