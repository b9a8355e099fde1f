// The rows to train and to validate on, read before the model is: a broken row should cost a second, not a minute.

import { findAdapters } from "../../adapters/weighted-set.ts";
import { named } from "../../errors/named-option.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { objectiveFor, objectiveOf } from "../../objectives/objectives.ts";
import { type TrainingRows, trainingRows } from "../../objectives/training-rows.ts";
import { configOfSource } from "../../open/base-config.ts";
import { judgesPairs } from "../../open/load-base.ts";
import type { SourceContext } from "../../platform.ts";
import type { RowFile } from "../../rows/row-kinds.ts";
import type { RunFolder } from "../../run-folder.ts";
import type { RunChoices, WithModel } from "../recipe.ts";
import { readNamedRows } from "./read-named-rows.ts";

/** Reads the files that the options name and holds out what they ask for. */
export async function readRecipeRows(
  options: WithModel<RunChoices>,
  { asBegun }: Pick<RunFolder, "asBegun">,
  context: SourceContext,
): Promise<TrainingRows> {
  const { data: names, validation, seed, problemType: problem } = options;
  const validationShare =
    options.validationShare ?? asBegun.options.validationShare ?? (options.likePeft === true ? 0 : undefined);
  const held = validation === undefined ? undefined : await readNamedRows(validation, options, context);
  const data = await readNamedRows(names, options, context);
  const { loss } = options;
  const task = options.task ?? (await taskOfPairs(data, options, context));
  const rows = trainingRows({ data, validation: held, validationShare, seed, task, problem, loss });
  checkTask(task, rows);
  return rows;
}

/** Texts to compare train embeddings, unless the base reads them in pairs. */
async function taskOfPairs(
  { rows }: RowFile,
  { model, adapter }: WithModel<RunChoices>,
  context: SourceContext,
): Promise<"sequence-classification" | undefined> {
  if (objectiveOf(rows.at(0)).mayBePairs !== true) return undefined;
  const config = await configOfSource(await nodePlatform.findModel(model, context));
  const trained = adapter === undefined ? undefined : await findAdapters(nodePlatform, adapter, context);
  const read = await trained?.read({ onWarning: () => {} }, async () => config);
  const isJudge = config !== undefined && judgesPairs(read, config);
  if (!isJudge) return undefined;
  context.notices.note?.(
    `the base judges pairs of texts, and is trained to (${named("task")} feature-extraction would train its embeddings)`,
  );
  return "sequence-classification";
}

function checkTask(task: RunChoices["task"], { objective, file }: TrainingRows): void {
  if (task === undefined || objective.task === objectiveFor(task).task) return;
  const [wanted, got] = [objectiveFor(task).rows, objective.rows];
  throw new UsageError(`${named("task")} ${task} needs rows with ${wanted}; those of "${file}" have ${got}.`);
}
