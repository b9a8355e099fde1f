// A look at what a model writes while it learns from rewards.

import { printable } from "@lowrank/contracts";
import type { RewardInput } from "./reward.ts";

/**
 * The prompt whose rewards differ most, with its best and its worst completion, on a line each. The completions of a prompt are
 * next to each other, `groupSize` of each.
 */
export function sampleNote(
  inputs: readonly Pick<RewardInput, "prompt" | "completion">[],
  totals: readonly number[],
  { step, groupSize }: { readonly step: number; readonly groupSize: number },
): string {
  const ranked = Array.from({ length: Math.ceil(inputs.length / groupSize) }, (_, group) => {
    const first = group * groupSize;
    const rewards = totals.slice(first, first + groupSize);
    const [best, worst] = [Math.max(...rewards), Math.min(...rewards)];
    return { best, worst, bestAt: first + rewards.indexOf(best), worstAt: first + rewards.indexOf(worst) };
  }).sort((one, other) => other.best - other.worst - (one.best - one.worst));
  const [shown] = ranked;
  if (shown === undefined) return `step ${step}: no completions`;
  const { best, worst, bestAt, worstAt } = shown;
  const prompt = inputs[bestAt]?.prompt ?? "";
  const asked = typeof prompt === "string" ? prompt : (prompt.at(-1)?.content ?? "");
  const written = (label: string, reward: number, at: number) =>
    `    ${label} (${reward.toFixed(2)}): ${printable(inputs[at]?.completion ?? "")}`;
  return [
    `  step ${step}  prompt: ${printable(asked)}`,
    written("best", best, bestAt),
    ...(best === worst ? [] : [written("worst", worst, worstAt)]),
  ].join("\n");
}
