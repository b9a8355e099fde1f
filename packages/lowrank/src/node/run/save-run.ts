// Writes `out` as a whole: at every moment it holds a complete adapter, old or new, and the checkpoints that shall stay.

import { cp, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeListedFolder } from "@lowrank/safetensors/node";
import type { TrainingState } from "@lowrank/trainer";
import { listCheckpoints, surplusCheckpoints, writeCheckpoint } from "@lowrank/trainer/node";
import type { FolderFiles } from "../../platform.ts";
import type { KeptCheckpoints } from "../../run-folder.ts";
import { withRelativeBase } from "../base-path.ts";
import { metricsFile } from "./metrics-file.ts";

export interface RunResult {
  /** Adapter, model card and a tokenizer of the run's own, by name. */
  readonly files: FolderFiles;
  readonly metrics: readonly string[];
  /** Files about the run, which its checkpoints need not hold. */
  readonly records?: FolderFiles;
  readonly stepsDone: number;
  /** The step whose validation was the best, if there was one. */
  readonly bestStep: number | undefined;
  /** What `resume` needs, written as checkpoint-<step> with the adapter; absent once the run is over. */
  readonly state: TrainingState | undefined;
}

export interface SaveOptions {
  readonly overwrite: boolean;
  /** Whether it is this run's earlier work: then everything stays but what is written anew, and surplus checkpoints. */
  readonly isOwn: boolean;
  readonly keep: KeptCheckpoints | undefined;
}

/** Writes what the run has. Of a finished run the best checkpoint stays, if it is not the last step's; its path is returned. */
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
  // A run that goes on is known by its checkpoint.
  await writeListedFolder(out, fill, { overwrite, keep, mayBeUnlisted: isOwn });
  return bestName === undefined ? undefined : join(out, bestName);
}

/** The path of the best checkpoint before this step, and the names of those that do not stay. */
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
  // Where a run goes on from an older checkpoint, a newer one is damaged.
  const leaving = [...surplus, ...all.filter(({ step }) => step >= stepsDone)];
  return {
    best: earlier.find(({ step }) => step === best)?.path,
    leaving: new Set(leaving.map(({ path }) => basename(path))),
  };
}
