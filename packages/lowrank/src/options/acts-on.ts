// The runs in which an option has an effect, for the rows of the table.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/contracts/families";
import type { Example } from "@lowrank/data";
import type { ProblemType } from "@lowrank/data/internal";

export interface RunToCheck {
  /** The objective's facts about options. */
  readonly objective: { readonly options: readonly string[]; readonly hasPictures?: true };
  /** The kind of the first row. */
  readonly kind: Example["kind"] | undefined;
  /** The kind of labels, if the model is a classifier. */
  readonly problem: ProblemType | undefined;
  readonly task: Task;
  /** Whether the rows are the better ones of two answers each. */
  readonly areChosen: boolean;
  readonly hasValidation: boolean;
  /** The configuration of a new adapter. */
  readonly config: Pick<LoraConfig, "init"> | undefined;
}

/** The runs in which an option has an effect (`runs`: in words). Elsewhere it is refused, because a person who sets it expects an effect. */
export interface ActsOn {
  readonly runs: string;
  acts(run: RunToCheck, options: Readonly<Record<string, unknown>>): boolean;
}

export function reads({ objective }: RunToCheck, option: string): boolean {
  return objective.options.includes(option);
}

export function isOneClass(problem: ProblemType | undefined): boolean {
  return (problem ?? "single_label_classification") === "single_label_classification";
}

export const onTokens: ActsOn = { runs: "rows of text or audio", acts: (run) => run.objective.hasPictures !== true };

export const onValidation: ActsOn = {
  runs: "runs with validation rows",
  acts: ({ hasValidation }) => hasValidation,
};

export const onComparisons: ActsOn = { runs: "rows for embeddings or ranking", acts: (run) => reads(run, "pooling") };
