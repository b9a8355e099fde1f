// How an example becomes text: a row of the table in templates.ts.

import { TemplateError } from "../errors.ts";
import type { Example } from "../example.ts";

/** A stretch of text that is either shown to the model or trained. */
export interface Segment {
  readonly text: string;
  /** Whether the loss counts these tokens. */
  readonly isTrained: boolean;
  /** Whether the end-of-text token follows, as it will where generation should stop. */
  readonly endsText?: boolean;
}

/** An example as text. */
export interface RenderedExample {
  readonly segments: readonly Segment[];
  /** True where the text already holds the tokenizer's special tokens, as chat templates' does. */
  readonly hasSpecialTokens?: boolean;
  /** How many answers are not trained because they were not found in what the template wrote. */
  readonly lostAnswers?: number;
}

/** A way to write examples as prompts. */
export interface PromptTemplate {
  readonly name: string;
  /** Where the wording comes from. */
  readonly source: string;
  /** The example as text; throws TemplateError where this template cannot express it. */
  render(example: Example): RenderedExample;
}

/** What is shown and what is trained, the common case. */
export function promptAndAnswer(prompt: string, answer: string): RenderedExample {
  return {
    segments: [
      { text: prompt, isTrained: false },
      { text: answer, isTrained: true, endsText: true },
    ],
  };
}

/** The text before the first trained stretch: what to generate from. */
export function promptOf(rendered: RenderedExample): string {
  const firstTrained = rendered.segments.findIndex((segment) => segment.isTrained);
  const shown = firstTrained === -1 ? rendered.segments : rendered.segments.slice(0, firstTrained);
  return shown.map((segment) => segment.text).join("");
}

/** An example as instruction templates see it. */
interface TaskAndAnswer {
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
  throw new TemplateError(template, `it supports instruction and prompt/completion rows, not "${example.kind}" rows.`);
}
