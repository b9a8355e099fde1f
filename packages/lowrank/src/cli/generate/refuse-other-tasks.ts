// Commands that write texts, and models that write none.

import type { PretrainedModel } from "@lowrank/models";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { writesText } from "../../open/writes-text.ts";

/** Throws WrongTaskError for a model that writes no texts. `what` would be done: "Generating text". */
export function refuseOtherTasks({ task, modelType }: PretrainedModel, what: string): void {
  if (writesText(task)) return;
  throw new WrongTaskError(modelType, task, what, "lowrank predict lets it answer.");
}
