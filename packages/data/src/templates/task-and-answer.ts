// The instruction templates ask three things of an example: the task, the material, the answer.

import { TemplateError } from "../errors.ts";
import type { Example } from "../example.ts";

/** An example as instruction templates see it. */
export interface TaskAndAnswer {
  readonly task: string;
  /** Empty where there is none. */
  readonly material: string;
  readonly answer: string;
}

/** Reads instruction and completion rows as tasks; throws TemplateError for other kinds. */
export function taskAndAnswer(example: Example, template: string): TaskAndAnswer {
  if (example.kind === "instruction") {
    return { task: example.instruction, material: example.input, answer: example.output };
  }
  if (example.kind === "completion") return { task: example.prompt, material: "", answer: example.completion };
  throw new TemplateError(template, `it writes instruction and prompt/completion rows, not "${example.kind}" rows.`);
}
