// Ollama's Modelfile. Source: https://github.com/ollama/ollama/blob/main/docs/modelfile.md

import { promptOf, promptTemplate } from "@lowrank/data";
import { renderPrompt } from "../generate/prompt-ids.ts";
import { isConversing } from "../rows/tokens/choose-template.ts";
import type { AdapterSetup } from "../setup/adapter-setup.ts";

/** What a Modelfile says besides. */
export interface ModelfileFacts {
  /** The token that ends a text; undefined for a model that writes none. */
  readonly end: string | undefined;
  /** How the adapter was trained to be used. */
  readonly setup: AdapterSetup | undefined;
}

/** The Modelfile of a .gguf file next to it. A model's own chat template is in that file, which Ollama reads. */
export function modelfileText(file: string, { end, setup = {} }: ModelfileFacts): string {
  const { template, system = "" } = setup;
  const isOwn = template === undefined || template === "chat";
  return [
    `FROM ./${file}`,
    ...(end === undefined || isOwn
      ? []
      : [`TEMPLATE ${quoted(`${goTemplate(template, system)}{{ .Response }}${end}`)}`]),
    ...(end === undefined || !isOwn || system === "" ? [] : [`SYSTEM ${quoted(system)}`]),
    ...(end === undefined ? [] : [`PARAMETER stop ${JSON.stringify(end)}`]),
    "",
  ].join("\n");
}

/** A prompt as the template writes it, as a program of Go's templates. */
function goTemplate(name: string, system: string): string {
  const place = "\uE000";
  const template = promptTemplate(name);
  const told = system === "" ? [] : [{ role: "system", content: system }];
  const messages = [...told, { role: "user", content: place }];
  const rendered = isConversing(name) ? template.render({ kind: "chat", messages }) : renderPrompt(place, template);
  return promptOf(rendered).replaceAll("{{", '{{ "{{" }}').replace(place, "{{ .Prompt }}");
}

/** Three quotation marks would end the text. */
function quoted(text: string): string {
  return `"""${text.replaceAll('"""', "'''")}"""`;
}
