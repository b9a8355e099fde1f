// A run from its choices to the first step, and its loop while a folder keeps it.

import type { TrainingEvent } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import { given } from "../../given.ts";
import { lastingName } from "../../node/data/row-sources.ts";
import { openRunFolder } from "../../node/run/open-run-folder.ts";
import type { TrainingRows } from "../../objectives/training-rows.ts";
import type { ReportTime, RunFolder } from "../../run-folder.ts";
import { keepingOf } from "../../train/check-keeping.ts";
import { keptChoice, type RunChoices, trainingOptions, type WithModel } from "../recipe.ts";
import { recipeFile, recipeText } from "../write-recipe.ts";
import { chosenOptions } from "./chosen-defaults.ts";
import { readLoraConfig } from "./lora-config.ts";
import { planTokens } from "./plan-tokens.ts";
import { type PreparedRun, prepareRun } from "./prepare-run.ts";
import { readTrainingRows } from "./recipe-rows.ts";
import type { RunHost } from "./run-host.ts";

/** Who starts what computes. */
export interface EngineHost extends RunHost {
  /** Its name. */
  startEngine(): Promise<string>;
}

/** Who wants to see some of the rows. */
interface RowChoice {
  choose?(rows: TrainingRows): TrainingRows;
}

/** How the folder is claimed. */
interface Claim {
  readonly overwrite?: boolean | undefined;
  readonly resume?: boolean | undefined;
  /** The processes that train together. */
  readonly communicator?: Communicator | undefined;
}

/** The folder of a run, which holds nothing that the run reads. Throws what `openRunFolder` does. */
export function claimFolder(
  choices: WithModel<RunChoices>,
  { overwrite, resume, communicator }: Claim,
  { context }: RunHost,
): Promise<RunFolder> {
  const { model, adapter, data, validation = [], addTokensFile, loraConfig, out } = choices;
  const inputs = [model, adapter, ...data, ...validation, addTokensFile, loraConfig];
  return openRunFolder(out, { overwrite, resume, communicator, inputs, onWarning: context.notices.warn });
}

/** Reads what the choices name and prepares the run; the engine starts when rows, tokens and configuration are known to be good. */
export async function prepareChoices(
  choices: WithModel<RunChoices>,
  folder: Pick<RunFolder, "asBegun" | "identify"> & RowChoice,
  host: EngineHost,
): Promise<PreparedRun & { readonly engine: string }> {
  const { choose = (all) => all } = folder;
  const rows = choose(await readTrainingRows(choices, folder, host));
  const tokens = await planTokens(choices, host);
  const loraConfig = await readLoraConfig(choices, host);
  const engine = await host.startEngine();
  return { ...(await prepareRun(choices, { rows, tokens, loraConfig, folder }, host)), engine };
}

/** What a run is kept with. */
interface KeptRun {
  readonly choices: RunChoices;
  readonly folder: RunFolder;
  readonly engine: string;
  readonly signal: AbortSignal | undefined;
  readonly communicator?: Communicator | undefined;
}

/** The events of the loop, while the folder is written, the recipe that repeats the run among its files. */
export async function* keptRun(
  { model, adapter, training, fingerprint }: PreparedRun,
  { choices, folder, engine, signal, communicator }: KeptRun,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const data = await Promise.all(choices.data.map(lastingName));
  const options = trainingOptions(choices, folder);
  const recipe = await recipeText({ ...chosenOptions(training, choices, options), ...given(choices), engine, data });
  const keeping = keepingOf({ ...choices, keep: keptChoice(choices) });
  const report = (at: ReportTime) => adapter.report({ rows: training, options, recipe }, at);
  yield* folder.keep({
    adapter: {
      opened: adapter.opened,
      files: async (at) => new Map([...(await adapter.files(at)), [recipeFile, recipe] as const]),
    },
    ...{ base: model.opened, fingerprint, ...keeping },
    totalSteps: training.totalSteps,
    ...(choices.report === true ? { report } : {}),
    loop: (kept) =>
      adapter.run(training, { ...options, ...kept, communicator, ...(signal === undefined ? {} : { signal }) }),
  });
}
