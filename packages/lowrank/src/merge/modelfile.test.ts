import { expect, it } from "vitest";
import { modelfileText } from "./gguf-output.ts";

it("the Modelfile writes prompts by the template that the adapter was trained with", () => {
  const end = "</s>";
  expect(modelfileText("model.gguf", { end, setup: { template: "plain" } })).toBe(
    'FROM ./model.gguf\nTEMPLATE """{{ .Prompt }}{{ .Response }}</s>"""\nPARAMETER stop "</s>"\n',
  );
  const alpaca = modelfileText("model.gguf", { end, setup: { template: "alpaca" } });
  expect(alpaca).toContain("### Instruction:\n{{ .Prompt }}\n\n### Response:{{ .Response }}</s>");
  const vicuna = modelfileText("model.gguf", { end, setup: { template: "vicuna", system: "Be {{ brief }}." } });
  expect(vicuna).toContain('"""Be {{ "{{" }} brief }}. USER: {{ .Prompt }} ASSISTANT:{{ .Response }}</s>"""');
});

it("the Modelfile leaves the model's own template to the .gguf file, with the system prompt of the rows", () => {
  expect(modelfileText("model.gguf", { end: "</s>", setup: { template: "chat", system: "Be brief." } })).toBe(
    'FROM ./model.gguf\nSYSTEM """Be brief."""\nPARAMETER stop "</s>"\n',
  );
  expect(modelfileText("model.gguf", { end: undefined, setup: { template: "plain" } })).toBe("FROM ./model.gguf\n");
});
