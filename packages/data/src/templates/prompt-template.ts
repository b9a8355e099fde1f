// The interface of prompt templates, which convert an example to text.

import { TemplateError } from "../errors.ts";
import type { Example } from "../example.ts";

/** A part of the text that is either only input, or trained. */
export interface Segment {
  readonly text: string;
  /** Whether the loss counts these tokens. */
  readonly isTrained: boolean;
  /** Whether the end-of-text token follows, so that generation learns to stop there. */
  readonly endsText?: boolean;
}

/** An example as text. */
export interface RenderedExample {
  readonly segments: readonly Segment[];
  /** Whether the text already contains special tokens, as with chat templates. */
  readonly hasSpecialTokens?: boolean;
  /** How many answers are not trained because they were not found in the rendered text. */
  readonly lostAnswers?: number;
}

/** Converts examples to prompts. */
export interface PromptTemplate {
  readonly name: string;
  /** The source of the wording. */
  readonly source: string;
  /** The example as text; throws TemplateError if this template does not support it. */
  render(example: Example): RenderedExample;
}

/** The common case: a prompt that is input, and an answer that is trained. */
export function promptAndAnswer(prompt: string, answer: string): RenderedExample {
  return {
    segments: [
      { text: prompt, isTrained: false },
      { text: answer, isTrained: true, endsText: true },
    ],
  };
}

/** The text before the first trained part: the prompt for generation. */
export function promptOf(rendered: RenderedExample): string {
  const firstTrained = rendered.segments.findIndex((segment) => segment.isTrained);
  const shown = firstTrained === -1 ? rendered.segments : rendered.segments.slice(0, firstTrained);
  return shown.map((segment) => segment.text).join("");
}

interface TaskAndAnswer {
  readonly task: string;
  /** The input of an instruction; empty if there is none. */
  readonly material: string;
  readonly answer: string;
}

/** Converts instruction and completion rows; throws TemplateError for other kinds. */
export function taskAndAnswer(example: Example, template: string): TaskAndAnswer {
  if (example.kind === "instruction") {
    return { task: example.instruction, material: example.input, answer: example.output };
  }
  if (example.kind === "completion") return { task: example.prompt, material: "", answer: example.completion };
  throw new TemplateError(template, `it supports instruction and prompt/completion rows, not "${example.kind}" rows.`);
}
