// By what a run learns its rows, as data: the loss that the model has of its own, or one that rows of their kind have.

import type { TextTokenizer } from "@lowrank/data";
import type { RecipeFacts } from "../embed/embedding-recipe.ts";
import { type DistillationChoices, type DistillationPlan, distillationPlan } from "./distillation/distillation-plan.ts";
import {
  type ComparisonOptions,
  type ComparisonPlan,
  comparisonPlan,
  type Trained,
} from "./embeddings/comparison-plan.ts";
import { type PreferenceOptions, type PreferencePlan, preferencePlan } from "./preferences/preference-plan.ts";
import { areRanked, type RankingPlan, rankingPlan } from "./ranking/ranking-plan.ts";
import type { TrainingRows } from "./training-rows.ts";

/** The plan; its kinds are those of `learnerOf`. */
export type LearningPlan =
  | { readonly kind: "own"; readonly words?: undefined }
  | ComparisonPlan
  | PreferencePlan
  | RankingPlan
  | DistillationPlan;

/** Throws what `comparisonPlan`, `preferencePlan` and `distillationPlan` do. */
export async function learningPlan(
  rows: TrainingRows,
  source: RecipeFacts,
  {
    tokenizer,
    ...options
  }: ComparisonOptions &
    PreferenceOptions &
    DistillationChoices &
    Trained & { readonly tokenizer?: TextTokenizer | undefined },
): Promise<LearningPlan> {
  if (rows.goal === "comparison") return comparisonPlan(source, rows, options);
  if (rows.goal === "preference" || rows.goal === "judged") return preferencePlan(options, rows.goal);
  if (areRanked(rows.train)) return rankingPlan;
  return (await distillationPlan(options, tokenizer)) ?? { kind: "own" };
}
