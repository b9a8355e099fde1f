// Preference pairs as rows of text: only the chosen answers are used.

import type { Example } from "@lowrank/data";
import { mapRows, type RowList } from "@lowrank/data/internal";
import { counted } from "../../counted.ts";
import type { Notices } from "../../notices.ts";

export function chosenAnswers(examples: RowList<Example>): RowList<Example> {
  if (!examples.some(isPreference)) return examples;
  return mapRows(examples, (example) => (isPreference(example) ? example.chosen : example));
}

export function countPreferences(examples: RowList<Example>): number {
  return examples.flatMap((example) => (isPreference(example) ? [true] : [])).length;
}

export function warnOfPreferences(file: string, count: number, { warn }: Pick<Notices, "warn">): void {
  if (count === 0) return;
  const message = `Preference pairs in "${file}" (${counted(count, "row")}) are trained as text: only the chosen answers are used, not the rejected ones.`;
  warn({ code: "PREFERENCES_AS_ANSWERS", message });
}

function isPreference(example: Example): example is Extract<Example, { readonly kind: "preference" }> {
  return example.kind === "preference";
}
