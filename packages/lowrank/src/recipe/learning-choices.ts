// What is learnt of rows to compare, of judged answers and of other models, as a recipe says it and as the library takes it.

import { given } from "../given.ts";
import type { DistillationChoices } from "../objectives/distillation/distillation.ts";
import type { ComparisonOptions } from "../objectives/embeddings/embeddings.ts";
import type { PreferenceOptions } from "../objectives/preferences/learn-preferences.ts";

/** Of texts to compare, and of two answers. */
export interface ComparisonChoices extends Pick<ComparisonOptions, "loss" | "pooling" | "normalise"> {
  readonly queryPrompt?: string;
  readonly documentPrompt?: string;
}

/** Of answers that people judged. */
export type PreferenceChoices = Omit<PreferenceOptions, "loss" | "labelSmoothing">;

/** Of a teacher, or of the base. */
export interface TeacherChoices extends Omit<DistillationChoices, "teacher"> {
  /** A model's folder, file or name. */
  readonly teacher?: string;
}

/** As the library takes them. */
export function comparisonChoices(choices: ComparisonChoices): ComparisonOptions {
  const { loss, pooling, normalise, queryPrompt: first, documentPrompt: others } = choices;
  const prompts = first === undefined && others === undefined ? undefined : given({ first, others });
  return given({ loss, pooling, normalise, prompts });
}
