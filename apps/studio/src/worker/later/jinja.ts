// The interpreter of chat templates, for models that have one: the build puts this in the place of "@huggingface/jinja"
// (loaded-later.ts), and whoever opens a model waits for `loadJinja` before it renders.

import type * as Jinja from "@huggingface/jinja";

export let Environment: typeof Jinja.Environment;
export let Interpreter: typeof Jinja.Interpreter;
export let parse: typeof Jinja.parse;
export let Template: typeof Jinja.Template;
export let tokenize: typeof Jinja.tokenize;

export async function loadJinja(): Promise<void> {
  ({ Environment, Interpreter, parse, Template, tokenize } = await import("@huggingface/jinja"));
}
