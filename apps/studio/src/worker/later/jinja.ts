// The interpreter of chat templates, for models that have one: the build replaces "@huggingface/jinja" by this file
// (loaded-later.ts), and a caller that opens a model awaits `loadJinja` before it renders.

import type * as Jinja from "@huggingface/jinja";

export let Environment: typeof Jinja.Environment;
export let Interpreter: typeof Jinja.Interpreter;
export let parse: typeof Jinja.parse;
export let Template: typeof Jinja.Template;
export let tokenize: typeof Jinja.tokenize;

export async function loadJinja(): Promise<void> {
  ({ Environment, Interpreter, parse, Template, tokenize } = await import("@huggingface/jinja"));
}
