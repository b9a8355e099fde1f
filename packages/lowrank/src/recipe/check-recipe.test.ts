import { expect, it } from "vitest";
import { recipeProblems } from "./check-recipe.ts";

it.each([
  ["lora_alpha", "use alpha"],
  ["per_device_train_batch_size", "use batchSize"],
  ["load_in_4bit", "use basePrecision: nf4"],
  ["learnin_rate", "did you mean learningRate?"],
  ["rope", "unknown option"],
])("of an option that does not exist, %s, names ours", (name, advice) => {
  expect(recipeProblems({ [name]: 1 })).toEqual([expect.stringContaining(advice)]);
});
