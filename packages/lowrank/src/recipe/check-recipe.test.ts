import { expect, it } from "vitest";
import { recipeProblems } from "./check-recipe.ts";

it.each([
  ["lora_alpha", "it is called alpha here"],
  ["per_device_train_batch_size", "it is called batchSize here"],
  ["load_in_4bit", "it is called basePrecision: nf4 here"],
  ["learnin_rate", "did you mean learningRate?"],
  ["rope", "there is no such option"],
])("of an option that does not exist, %s, names ours", (name, advice) => {
  expect(recipeProblems({ [name]: 1 })).toEqual([expect.stringContaining(advice)]);
});
