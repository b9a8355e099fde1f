import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadBaseModel, NotALanguageModelError } from "./base-model.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/peft", import.meta.url));

it("sends a BERT folder to lowrank train, with sentences and labels", async () => {
  const error: unknown = await loadBaseModel(`${fixtures}/bert-seqcls/base`).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotALanguageModelError);
  expect(String(error)).toMatch(/rows with a sentence and a label:\n.*lowrank -- train --model/);
});

it("needs a tokenizer in the model's folder", async () => {
  await expect(loadBaseModel(`${fixtures}/gpt2/base`)).rejects.toMatchObject({ code: "TOKENIZER_INVALID" });
});
