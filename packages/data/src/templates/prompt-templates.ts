// Every template that needs no model: adding one is one file and one line.

import { TemplateError } from "../errors.ts";
import { alpaca } from "./alpaca.ts";
import { koalpaca } from "./koalpaca.ts";
import { plain } from "./plain.ts";
import type { PromptTemplate } from "./prompt-template.ts";
import { vicuna } from "./vicuna.ts";

/** The templates by name. A model's own chat template is made with `chatTemplate`. */
export const promptTemplates: readonly PromptTemplate[] = [plain, alpaca, vicuna, koalpaca];

/**
 * The template of a name; throws TemplateError listing all names if there is none.
 *
 * @example
 * ```ts
 * import { promptOf, promptTemplate } from "@lowrank/data";
 *
 * const example = { kind: "instruction", instruction: "대한민국의 수도는?", input: "", output: "서울" } as const;
 * const prompt = promptOf(promptTemplate("koalpaca").render(example));
 * if (prompt !== "### 질문: 대한민국의 수도는?\n\n### 답변:") throw new Error(prompt);
 * ```
 */
export function promptTemplate(name: string): PromptTemplate {
  const found = promptTemplates.find((template) => template.name === name);
  if (found !== undefined) return found;
  const names = promptTemplates.map((template) => template.name).join(", ");
  throw new TemplateError(name, `there is none of this name; there are ${names}.`);
}
