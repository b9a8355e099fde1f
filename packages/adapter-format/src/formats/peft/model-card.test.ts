import { expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import { modelCard } from "./model-card.ts";

function loading(fields: Parameters<typeof createLoraConfig>[0]): string {
  const card = modelCard(createLoraConfig({ targetModules: ["q"], taskType: "CAUSAL_LM", ...fields }));
  return /^base = (.*)$/m.exec(card)?.[1] ?? "";
}

it.each([
  ["owner/name", 'AutoModelForCausalLM.from_pretrained("owner/name")'],
  ["/models/a b/q8.gguf", 'AutoModelForCausalLM.from_pretrained("/models/a b", gguf_file="q8.gguf")'],
  ["./q8.gguf", 'AutoModelForCausalLM.from_pretrained(".", gguf_file="q8.gguf")'],
  ["q8.gguf", 'AutoModelForCausalLM.from_pretrained(".", gguf_file="q8.gguf")'],
  ["owner/name/q8.gguf", 'AutoModelForCausalLM.from_pretrained("owner/name", gguf_file="q8.gguf")'],
  ["owner/name/in/q8.gguf", 'AutoModelForCausalLM.from_pretrained("owner/name", gguf_file="in/q8.gguf")'],
  [null, 'AutoModelForCausalLM.from_pretrained("path/to/the/base")'],
  ["", 'AutoModelForCausalLM.from_pretrained("path/to/the/base")'],
])("loads the base %j as transformers takes it", (baseModel, line) => {
  expect(loading({ baseModel })).toBe(line);
});

it("names the revision of the base", () => {
  expect(loading({ baseModel: "owner/name", revision: "v2" })).toContain('("owner/name", revision="v2")');
});

it("loads the class in PEFT's configuration if the task has no name, if it is a valid name", () => {
  const fields = { baseModel: "b", taskType: null };
  const noted = (base_model_class: unknown) => ({ base_model_class, parent_library: "transformers" }) as never;
  expect(loading({ ...fields, autoMapping: noted("BertForMaskedLM") })).toBe('BertForMaskedLM.from_pretrained("b")');
  expect(loading({ ...fields, autoMapping: noted("os; import evil") })).toBe('AutoModel.from_pretrained("b")');
});
