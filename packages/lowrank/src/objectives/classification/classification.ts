// Classification and regression of a whole row: a sentence, a pair of sentences, or an image.

import { headLoss } from "../head-loss/head-loss.ts";
import type { Objective } from "../objective.ts";

export const classification: Objective = {
  rows: "one label for the whole row",
  takes: (row) =>
    row.kind === "sentence" ? row.search === undefined : row.kind === "tokens" && typeof row.labels === "number",
  task: "sequence-classification",
  options: ["labelSmoothing", "classNames"],
  hasLabels: true,
  hasHead: true,
  plan: () => headLoss,
};

export const imageClassification: Objective = {
  ...classification,
  rows: "an image and its label",
  takes: (row) => row.kind === "image",
  task: "image-classification",
  hasPictures: true,
};
