// The training and validation rows of a run: the valid rows, split by their messages.

import { LowrankError } from "@lowrank/contracts";
import { type Example, splitByKey } from "@lowrank/data";
import type { Row } from "../../protocol/rows.ts";
import type { RunRequest } from "../../protocol/run.ts";
import { checkedRows, maxTokens } from "../rows/check-rows.ts";
import { exampleOf, templateName } from "../rows/row-form.ts";
import type { LoadedModel } from "../worker-state.ts";

export interface TeachingRows {
  readonly train: readonly object[];
  /** Empty where nothing is held out. */
  readonly validation: readonly object[];
  /** How `train` and `evaluate` of the library write them. */
  readonly how: { readonly template: "chat" | "plain"; readonly maxLength: number };
}

/** Leaves out rows with a problem, which the page shows. Throws NO_ROWS. */
export async function teachingRows(
  model: LoadedModel,
  { rows, training: { validationShare, seed, reward } }: Pick<RunRequest, "rows" | "training">,
): Promise<TeachingRows> {
  const checked = await checkedRows(model, rows);
  const taught = rows.filter((_, index) => checked[index]?.problem === undefined);
  if (taught.length === 0)
    throw new LowrankError(
      "NO_ROWS",
      `None of the ${rows.length} rows can be taught: a row needs something that is said, an answer, and to fit into the model.`,
    );
  const prompts = new Set(taught.map(({ says }) => says)).size;
  const share = reward === undefined ? validationShare : 0; // a reward is shown for every step
  const held = Math.round(prompts * share);
  const isSplit = held > 0 && held < prompts;
  const { train, validation } = isSplit
    ? splitByKey(taught, ({ says }) => says, { share, seed })
    : { train: taught, validation: [] };
  const written = (each: Row) => fileRow(exampleOf(each, model.facts));
  return {
    train: train.map(written),
    validation: validation.map(written),
    how: { template: templateName(model), maxLength: maxTokens(model) },
  };
}

/** As a data file has it, which is how the library takes rows. */
function fileRow(example: Example): object {
  const { kind: _, ...fields } = example;
  return fields;
}
