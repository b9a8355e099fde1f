// A chat template: parsed once, and rendered with limits for each conversation.

import { Environment, parse, Template, tokenize } from "@huggingface/jinja";
import { TemplateError, TemplateLimitError } from "../errors.ts";
import { BoundedInterpreter, type KnownTemplate } from "./bounded-interpreter.ts";
import { boundedRange, type TemplateBudget, templateLimits } from "./template-budget.ts";
import { generationMarkers, type MarkedText, readMarkers, withGenerationMarkers } from "./turns/answer-spans.ts";

export interface JinjaTemplate {
  /** Throws TemplateError, and TemplateLimitError if it exceeds the rest of the budget. */
  render(variables: Readonly<Record<string, unknown>>, budget: TemplateBudget): string;
  /** The same, with the part of the text for each of `variables.messages`. */
  renderTurns(variables: Readonly<Record<string, unknown>>, budget: TemplateBudget): MarkedText;
}

/** Published templates have up to some 20 000 characters. */
const longestSource = 2 ** 18;
/** Maximum run of white space: the library's search for a tag takes quadratic time in its length. */
const longestSpace = 1000;

/** Parses a template; throws TemplateError. */
export function parseTemplate(source: string): JinjaTemplate {
  if (source.length > longestSource) throw new TemplateLimitError("characters of source", longestSource);
  if (source.split(/\S+/).some(({ length }) => length > longestSpace)) {
    throw new TemplateLimitError("consecutive spaces in its source", longestSpace);
  }
  const program = typed(() =>
    parse(tokenize(withGenerationMarkers(source), { lstrip_blocks: true, trim_blocks: true })),
  );
  const template: KnownTemplate = { operations: new Map(), markers: new Map(), length: source.length };
  return {
    render: (variables, budget) =>
      typed(() => new BoundedInterpreter(environmentOf(variables, budget), budget, template).run(program)),
    renderTurns: (variables, budget) =>
      typed(() => {
        const environment = environmentOf({ ...variables, ...generationMarkers }, budget);
        const { value: messages } = environment.lookupVariable("messages");
        const marked = Array.isArray(messages) ? messages : [];
        return readMarkers(new BoundedInterpreter(environment, budget, template).run(program, marked));
      }),
  };
}

/** The library's standard variables, with a limited `range`. */
function environmentOf(variables: Readonly<Record<string, unknown>>, budget: TemplateBudget): Environment {
  const environment = new Environment();
  const constants = { true: true, false: false, none: null, True: true, False: false, None: null };
  const range = (first: unknown, second?: unknown, step?: unknown): number[] => {
    const numbers = boundedRange(first, second, step);
    budget.spend(numbers.length); // the library makes a value of each
    return numbers;
  };
  const functions = { range, raise_exception: refuse, strftime_now: formatNow };
  for (const [name, value] of Object.entries({ ...constants, ...functions, ...variables }))
    environment.set(name, value);
  return environment;
}

function refuse(reason: unknown): never {
  throw new Error(String(reason));
}

/** The library's `strftime_now`, which it does not export. */
function formatNow(format: unknown): string {
  const text = String(format);
  if (text.length > 1000) throw new TemplateLimitError("characters in a time format", 1000);
  return new Template("{{ strftime_now(format) }}").render({ format: text });
}

/** Converts any error to ours. Firefox throws an InternalError for a stack overflow. */
function typed<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof TemplateError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const reason = message.replace(/, got \$\{[^}]*\} instead/, ""); // the library prints this piece of its own program (0.5.x)
    if (/call stack|too much recursion/.test(reason)) {
      throw new TemplateLimitError("levels of nesting", templateLimits.depth, { cause });
    }
    if (cause instanceof RangeError) {
      throw new TemplateLimitError("characters in one text", templateLimits.characters, { cause });
    }
    throw new TemplateError("chat", reason, { cause });
  }
}
