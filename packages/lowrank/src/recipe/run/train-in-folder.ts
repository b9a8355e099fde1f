// The run folder of a recipe or a command, and the training loop that writes to it.

import type { TrainingEvent } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import { pinnedName } from "../../node/data/row-sources.ts";
import { rewardFiles } from "../../node/load-rewards.ts";
import { openRunFolder } from "../../node/run/open-run-folder.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { SourceContext } from "../../platform.ts";
import type { RunFolder, RunRequest } from "../../run-folder.ts";
import { type CompleteRecipe, checkpointRetention, trainingOptions, type WithModel } from "../recipe.ts";
import { recipeFile, recipeText } from "../write-recipe.ts";
import { chosenOptions } from "./chosen-defaults.ts";
import type { PreparedRun } from "./prepare-run.ts";

/** The folder of a run; it must not contain anything that the run reads. Throws the errors of `openRunFolder`. */
export function claimFolder(
  options: WithModel<CompleteRecipe>,
  claim: Pick<RunRequest, "overwrite" | "resume" | "communicator">,
  { notices }: SourceContext,
): Promise<RunFolder> {
  const { model, adapter, data, validation = [], addTokensFile, loraConfig, out } = options;
  const inputs = [model, adapter, ...data, ...validation, addTokensFile, loraConfig, ...rewardFiles(options)];
  return openRunFolder(out, { ...claim, inputs, onWarning: notices.warn });
}

interface FolderRun {
  readonly options: CompleteRecipe;
  readonly folder: RunFolder;
  readonly signal: AbortSignal | undefined;
  readonly communicator?: Communicator | undefined;
}

/** The events of the loop while the folder is written, including the recipe that repeats the run. */
export async function* trainInFolder(
  { adapter, training, engine, fingerprint, reward }: PreparedRun,
  { options, folder, signal, communicator }: FolderRun,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const data = await Promise.all(options.data.map(pinnedName));
  const loop = { ...trainingOptions(options, folder), reward };
  const text = await recipeText({ ...chosenOptions(training, options, loop), ...omitUndefined(options), engine, data });
  const { saveEvery, tensorBoard, report } = options;
  const keepCheckpoints = checkpointRetention(options);
  const keeping = { saveEvery, tensorBoard, report, keepCheckpoints, recipe: [recipeFile, text] } as const;
  const call = { ...loop, ...keeping, ...omitUndefined({ signal }), communicator, fingerprint };
  yield* adapter.keepIn(folder, training, call);
}
