// The run folder of a recipe or a command, and the training loop that writes to it.

import type { TrainingEvent } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import { given } from "../../given.ts";
import { pinnedName } from "../../node/data/row-sources.ts";
import { rewardFiles } from "../../node/load-rewards.ts";
import { openRunFolder } from "../../node/run/open-run-folder.ts";
import type { SourceContext } from "../../platform.ts";
import type { RunFolder, RunRequest } from "../../run-folder.ts";
import { keptChoice, type RunChoices, trainingOptions, type WithModel } from "../recipe.ts";
import { recipeFile, recipeText } from "../write-recipe.ts";
import { chosenOptions } from "./chosen-defaults.ts";
import type { PreparedRun } from "./prepare-run.ts";

/** The folder of a run; it must not contain anything that the run reads. Throws the errors of `openRunFolder`. */
export function claimFolder(
  choices: WithModel<RunChoices>,
  claim: Pick<RunRequest, "overwrite" | "resume" | "communicator">,
  { notices }: SourceContext,
): Promise<RunFolder> {
  const { model, adapter, data, validation = [], addTokensFile, loraConfig, out } = choices;
  const inputs = [model, adapter, ...data, ...validation, addTokensFile, loraConfig, ...rewardFiles(choices)];
  return openRunFolder(out, { ...claim, inputs, onWarning: notices.warn });
}

interface KeptRun {
  readonly choices: RunChoices;
  readonly folder: RunFolder;
  readonly signal: AbortSignal | undefined;
  readonly communicator?: Communicator | undefined;
}

/** The events of the loop while the folder is written, including the recipe that repeats the run. */
export async function* keptRun(
  { adapter, training, engine, fingerprint, reward }: PreparedRun,
  { choices, folder, signal, communicator }: KeptRun,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const data = await Promise.all(choices.data.map(pinnedName));
  const options = { ...trainingOptions(choices, folder), reward };
  const recipe = await recipeText({ ...chosenOptions(training, choices, options), ...given(choices), engine, data });
  const { saveEvery, tensorBoard, report } = choices;
  const keepCheckpoints = keptChoice(choices);
  const keeping = { saveEvery, tensorBoard, report, keepCheckpoints, recipe: [recipeFile, recipe] } as const;
  yield* adapter.keepIn(folder, training, { ...options, ...keeping, ...given({ signal }), communicator, fingerprint });
}
