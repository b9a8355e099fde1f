import { LowrankError } from "@lowrank/contracts";
import { expect, it } from "vitest";
import { createLoraConfig } from "./create-lora-config.ts";
import { fieldNames, loraFields } from "./lora-fields.ts";

it("refuses PEFT's names and suggests ours, because they were silently ignored", () => {
  const given: object = { r: 4, lora_alpha: 64 };
  expect(() => createLoraConfig(given)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
  expect(() => createLoraConfig(given)).toThrow(/"r" → "rank"\n {2}- "lora_alpha" → "alpha"/);
});

it("accepts a complete configuration", () => {
  const config = createLoraConfig({ rank: 4 });
  expect(createLoraConfig({ ...config, alpha: 3 })).toEqual({ ...config, alpha: 3 });
});

interface Refused {
  readonly unknown: readonly object[];
  readonly known: readonly string[];
}

function refusal(options: object): LowrankError & Refused {
  try {
    createLoraConfig(options);
  } catch (error) {
    if (LowrankError.isInstance<Refused>(error, "UNKNOWN_OPTION")) return error;
  }
  throw new Error("nothing was refused");
}

it("leads every name of PEFT's to ours, in Python's spelling and in JavaScript's", () => {
  for (const name of fieldNames) {
    const { key } = loraFields[name];
    const spellings = [key, key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
    for (const spelling of spellings.filter((spelling) => spelling !== name)) {
      expect(refusal({ [spelling]: null }).unknown).toEqual([{ name: spelling, nearest: name }]);
    }
  }
});

it.each([
  ["useRslora", "rankStabilized"],
  ["rslora", "rankStabilized"],
  ["lora_r", "rank"],
  ["loraRank", "rank"],
  ["targets", "targetModules"],
  ["dora", "useDora"],
])("takes %s for %s", (name, nearest) => {
  expect(refusal({ [name]: 1 }).unknown).toEqual([{ name, nearest }]);
});

it("gives no warning for further keys of a file", () => {
  expect(refusal({ colour: "red" }).known).not.toContain("unknown");
});
