import { expect, it } from "vitest";
import { invocationMissing, noReferences } from "../../errors/data-errors.ts";
import { adapterAsModel, adapterTask, ChatTemplateMissingError } from "../../errors/model-errors.ts";
import { emptyPrompt, UsageError } from "../../errors/usage-errors.ts";
import { asDataFlags, asFlags } from "./as-flags.ts";

const headless = { taskType: "TOKEN_CLS", requested: undefined, possible: ["causal-lm"] };

it.each([
  [invocationMissing("rows.jsonl", [1]), "or raise --max-length if they are cut off"],
  [noReferences("rows.jsonl"), "--generate needs rows with a prompt"],
  [adapterAsModel("a"), '--model "a" is an adapter. Pass it as --adapter, and pass its base model as --model.'],
  [adapterTask("gpt2", headless), "Is --model the base that"],
  [new ChatTemplateMissingError([]), "--template chat uses the model's own"],
  [new UsageError("Mend `targetModules`, or set `addTokensFile`."), "Mend --target-modules, or set --add-tokens-file."],
  [emptyPrompt(), "--prompt is empty."],
])("names options to a program and flags to a person: %s", ({ message }, words) => {
  expect(message).not.toContain("--");
  expect(asFlags(message)).toContain(words);
});

it("names to a person the flag for the columns of a data file", () => {
  const message =
    'say so with `columns: { prompt: "my question", completion: "ref" }`, or `header: ["sentence", "label"]`.';
  expect(asDataFlags(message)).toBe(
    'say so with --columns "prompt=my question,completion=ref", or --header sentence,label.',
  );
});

it("does not change other words in backticks", () => {
  expect(asFlags("run `node`, not `maxlength`")).toBe("run `node`, not `maxlength`");
});
