// Checks the output path before any work: hours of training must not end in "already exists" or "permission
// denied", and `overwrite` must not remove what the command reads.

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isWithin, listedNames, tidyUpTemporaries } from "@lowrank/safetensors/internal/node";
import {
  outputExists,
  outputHoldsWork,
  outputInsideInput,
  outputIsInput,
  outputNotOurs,
  outputNotWritable,
} from "../../errors/output-errors.ts";
import { realPath } from "../real-path.ts";
import { checkWritable, isOccupied, type OutputKind } from "./check-place.ts";
import { lockOutput, type OnWait } from "./lock-output.ts";
import { isOurFile } from "./our-file.ts";

export interface OutputRules {
  readonly kind: OutputKind;
  /** Replaces the output of an earlier run. */
  readonly overwrite?: boolean | undefined;
  /** Resumes the run in the folder, whose checkpoint identifies it. */
  readonly resume?: boolean | undefined;
  readonly inputs: readonly (string | undefined)[];
  /** Whether the output must not be in an input's folder either: an output of models and adapters is not one of their files. */
  readonly isApart?: boolean | undefined;
}

/** Checks the output and locks it until the returned function is called. Throws the errors of `checkOutput`, and OUTPUT_IN_USE. */
export async function claimOutput(
  path: string,
  rules: OutputRules & { readonly onWait?: OnWait | undefined },
): Promise<() => Promise<void>> {
  await checkOutput(path, rules);
  const release = await lockOutput(path, rules);
  try {
    // A run that was killed while replacing the output left it under a temporary name; restores it.
    await tidyUpTemporaries(dirname(await realPath(path)));
    await checkOutput(path, rules); // another run may have ended in between
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Refuses an existing output without `overwrite` or `resume`; with `overwrite` one that lowrank did not write; and always one
 * that contains an input or the current folder, with `isApart` also one inside an input, and a path that is not writable.
 */
export async function checkOutput(path: string, rules: OutputRules): Promise<void> {
  const { kind, overwrite = false, resume = false, inputs, isApart = false } = rules;
  if (path === "") throw outputNotWritable(path, { folder: ".", reason: "the name is empty" });
  const output = await realPath(path);
  const isTaken = await isOccupied(path, output, kind);
  if (isTaken && !overwrite && !resume) throw outputExists(path);
  if (isWithin(await realPath("."), output)) throw outputHoldsWork(path);
  for (const input of inputs) {
    if (input === undefined) continue;
    const real = await realPath(input);
    if (isWithin(real, output)) throw outputIsInput(path, input);
    if (isApart && isWithin(output, real)) throw outputInsideInput(path, input);
  }
  if (isTaken && !resume) await checkOurs(path, kind);
  await checkWritable(path, output);
}

/** Refuses folders that are not ours, such as a project with a config.json or a folder of photographs that was named by mistake. */
async function checkOurs(path: string, kind: OutputKind): Promise<void> {
  if (kind === "file" && !(await isOurFile(path)))
    throw outputNotOurs(path, '"lowrank export" or "lowrank diff" did not write it');
  if (kind === "folder" && (await stat(path)).isFile())
    throw outputNotOurs(path, "it is a file, but this command writes a folder");
  if (kind === "folder" && (await listedNames(path)) === undefined)
    throw outputNotOurs(path, "it has no .lowrank.json, the list of files that lowrank wrote");
}
