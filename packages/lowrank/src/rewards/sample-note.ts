// A look at what a model writes while it learns from rewards.

import { printable } from "@lowrank/contracts/internal";
import type { RewardInput } from "./reward.ts";

/**
 * The prompt whose rewards differ most, with its best and its worst completion, on a line each. The completions of a prompt are
 * next to each other, `groupSize` of each.
 */
export function sampleNote(
  inputs: readonly Pick<RewardInput, "prompt" | "completion">[],
  totals: readonly number[],
  groupSize: number,
): string {
  const all = inputs.map((input, index) => ({ ...input, reward: totals[index] ?? 0 }));
  const groups = all.flatMap((_, at) => (at % groupSize === 0 ? [all.slice(at, at + groupSize)] : []));
  const sorted = groups.map((group) => group.sort((one, other) => other.reward - one.reward));
  const spread = (group: typeof all) => (group[0]?.reward ?? 0) - (group.at(-1)?.reward ?? 0);
  const [shown = []] = sorted.sort((one, other) => spread(other) - spread(one));
  const prompt = shown[0]?.prompt ?? "";
  const asked = typeof prompt === "string" ? prompt : (prompt.at(-1)?.content ?? "");
  const [best = "", worst = ""] = [shown[0], shown.at(-1)].map(
    (each) => each && `(${each.reward.toFixed(2)}): ${printable(each.completion)}`,
  );
  return `  prompt: ${printable(asked)}\n    best ${best}\n    worst ${worst}`;
}
