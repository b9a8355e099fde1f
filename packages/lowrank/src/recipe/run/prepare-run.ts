// Everything before the first step of a run: the model with its adapter, and the tokenized rows.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/contracts/families";
import { concatRows } from "@lowrank/data/internal";
import type { InjectionPlan } from "@lowrank/inject";
import { named } from "../../errors/named-option.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { loadRewards } from "../../node/load-rewards.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import type { TrainingRows } from "../../objectives/training-rows.ts";
import type { ModelRequest } from "../../open/open-base.ts";
import { openOn } from "../../open-on.ts";
import type { OpenedAdapter, PreparedTraining } from "../../opened-adapter.ts";
import type { OpenedModel } from "../../opened-model.ts";
import type { SourceContext } from "../../platform.ts";
import type { Rewards } from "../../rewards/reward.ts";
import { countClasses, describeClasses } from "../../rows/classes/class-names.ts";
import { countNumbers, tokenClasses } from "../../rows/classes/class-numbers.ts";
import { problemOn } from "../../rows/classes/problem-type.ts";
import type { RunFolder } from "../../run-folder.ts";
import { describeHead } from "../../train/describe-head.ts";
import { classesOf, refuseUntrainable } from "../../train/prepare-training.ts";
import { type CompleteRecipe, trainingOptions, type WithModel } from "../recipe.ts";
import { describeDefaults } from "./chosen-defaults.ts";
import { hasInvocation, readLoraConfig, requestedConfig, variantFields } from "./lora-config.ts";
import { describeTokens, planTokens } from "./plan-tokens.ts";
import { readRecipeRows } from "./recipe-rows.ts";

/** The host of a run: prints facts before the start, gives access to models and rows, and starts the engine. */
export interface RunHost {
  readonly context: SourceContext;
  print(line: string): void;
  startEngine(): Promise<string>;
}

export interface RowFilter {
  readonly choose?: ((rows: TrainingRows) => TrainingRows) | undefined;
}

export interface PreparedRun {
  readonly engine: string;
  readonly model: OpenedModel;
  readonly adapter: OpenedAdapter;
  /** Configuration of a new adapter, from the options and the file. */
  readonly requested: Partial<LoraConfig>;
  readonly training: PreparedTraining;
  /** Fingerprint of the run's model and data, so that `resume` cannot mix runs up. */
  readonly fingerprint: string;
  readonly reward: Rewards | undefined;
  /** Frees the model, and its teacher or guide. */
  dispose(): void;
}

interface RunData {
  readonly rows: TrainingRows;
  /** The configuration from `loraConfig`. */
  readonly file: LoraConfig | undefined;
  /** The folder `out`, with the run to resume. */
  readonly folder: Pick<RunFolder, "initial" | "identify">;
}

/** Frees everything if a part fails. The engine starts after rows, tokens and configuration were checked. */
export async function prepareRun(
  options: WithModel<CompleteRecipe>,
  { folder, choose = (all) => all }: Pick<RunData, "folder"> & RowFilter,
  host: RunHost,
): Promise<PreparedRun> {
  const { context } = host;
  const reward = await loadRewards(options);
  const rows = choose(await readRecipeRows(options, folder, context));
  const tokens = await planTokens(options, context);
  const file = await readLoraConfig(options, context);
  const engine = await host.startEngine();
  const task = rows.objective.task ?? options.task;
  const newHead = newHeadFor(task, rows, options);
  const { classNames, model: path, adapter, allowDifferentBase, basePrecision } = options;
  const request = { model: path, adapter, allowDifferentBase, basePrecision, tokens, task, problemType: rows.problem };
  const model = await openOn(nodePlatform, { ...request, trainable: true, ...newHead }, context);
  const others: OtherModels = {};
  const dispose = () => {
    model.dispose();
    for (const other of Object.values(others)) other.dispose();
  };
  try {
    refuseUntrainable(model.base, rows);
    const classes = classesOf(model.opened, rows, { classNames });
    if (rows.objective.hasLabels === true)
      host.print(describeClasses(classes, problemOn(model.base.config, rows.problem)));
    if (newHead.classes !== undefined && options.adapter === undefined) {
      const head = await describeHead(model.opened, { classes, seed: options.seed });
      if (head !== undefined) host.print(head);
    }
    if (tokens !== undefined) host.print(describeTokens(tokens, model.base));
    for (const name of ["teacher", "guide"] as const) {
      const other = options[name];
      if (other !== undefined)
        others[name] = await openOn(nodePlatform, { model: other, task, basePrecision }, context);
    }
    const prepared = await prepareAdapter(model, { options, data: { rows, file, folder }, host, others, reward });
    return { engine, model, ...prepared, reward, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

type OtherModels = { [Name in "teacher" | "guide"]?: OpenedModel };

interface AdapterRequest {
  readonly options: CompleteRecipe;
  readonly data: RunData;
  readonly host: RunHost;
  readonly others: OtherModels;
  readonly reward: Rewards | undefined;
}

async function prepareAdapter(
  model: OpenedModel,
  { options, data, host, others, reward }: AdapterRequest,
): Promise<Pick<PreparedRun, "adapter" | "requested" | "training" | "fingerprint">> {
  const { seed, verifyBase } = options;
  const tokenizer = hasInvocation(options) ? await model.tokenizer() : undefined;
  const encode = tokenizer && ((text: string) => tokenizer.encode(text, { addSpecialTokens: false }));
  const requested = requestedConfig(options, {
    file: data.file,
    variant: variantFields(options, encode),
    initial: data.folder.initial.adapter,
  });
  if (model.adapters.length === 0 && options.allowUnmatchedTargets !== true) refuseUnmatched(model.plan(requested));
  const adapter = model.adapters[0] ?? model.adapt(requested, { seed });
  const loop = { ...trainingOptions(options, data.folder), ...others, reward };
  const training = await adapter.prepare(data.rows, loop);
  host.print(adapter.describe());
  for (const line of describeDefaults(training, loop, options)) host.print(line);
  const fingerprint = await adapter.identify(data.folder, training, { ...loop, verifyBase });
  return { adapter, requested, training, fingerprint };
}

/** With a misspelt target among valid ones, only a part of the adapter would be trained. */
function refuseUnmatched({ warnings }: InjectionPlan): void {
  const unmatched = warnings.filter(({ code }) => code === "TARGET_MATCHED_NOTHING").map(({ message }) => message);
  if (unmatched.length === 0) return;
  throw new UsageError(
    `${unmatched.join("\n")}\nCorrect ${named("targetModules")}, or add ${named("allowUnmatchedTargets")} to train the other modules only.`,
  );
}

/** A question-answering head has two outputs for each token: start and end. */
const startAndEnd = 2;

/** A new classifier is created if the base has none for the classes of the rows. */
function newHeadFor(
  task: Task | undefined,
  { train, validation, problem }: TrainingRows,
  { seed: newHeadSeed, classNames }: Pick<CompleteRecipe, "seed" | "classNames">,
): Pick<ModelRequest, "classes" | "newHeadSeed"> {
  const rows = concatRows([train, validation]);
  if (task === "sequence-classification" || task === "image-classification")
    return { newHeadSeed, classes: (base) => countClasses(rows, base, { problem, classNames }) };
  if (task === "question-answering") return { newHeadSeed, classes: () => startAndEnd };
  if (task !== "token-classification") return {};
  return { newHeadSeed, classes: ({ labels }) => Math.max(2, labels, countNumbers(rows, tokenClasses)) };
}
