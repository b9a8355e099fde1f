import { UnknownOptionError } from "@lowrank/contracts";
import { expect, it } from "vitest";
import { createLoraConfig } from "./create-lora-config.ts";

it("refuses PEFT's names and says ours: they gave a configuration of rank 8 without a word", () => {
  const given: object = { r: 4, lora_alpha: 64 };
  expect(() => createLoraConfig(given)).toThrow(UnknownOptionError);
  expect(() => createLoraConfig(given)).toThrow(/"r" → "rank"\n {2}- "lora_alpha" → "alpha"/);
});

it("takes a whole configuration", () => {
  const config = createLoraConfig({ rank: 4 });
  expect(createLoraConfig({ ...config, alpha: 3 })).toEqual({ ...config, alpha: 3 });
});
