// Graders of OpenAI's reinforcement fine-tuning that need no model: string_check and text_similarity
// (https://developers.openai.com/api/docs/guides/graders).

import { describeValue, isObject, parseJson } from "@lowrank/contracts";
import type { Reward } from "./reward.ts";

type Score = (input: string, reference: string) => number;

const operations: Readonly<Record<string, Score>> = {
  eq: (input, reference) => Number(input === reference),
  ne: (input, reference) => Number(input !== reference),
  like: (input, reference) => Number(input.includes(reference)),
  ilike: (input, reference) => Number(input.toLowerCase().includes(reference.toLowerCase())),
};

const metrics: Readonly<Record<string, Score>> = {
  // RapidFuzz's `fuzz.ratio`, as 0 to 1.
  fuzzy_match: (input, reference) => subsequenceShare([...input], [...reference]),
  // Wu et al. 2016, "Google's Neural Machine Translation System", section 4.3, over words.
  gleu: (input, reference) => overlap(input, reference, { sizes: [1, 2, 3, 4], of: Math.max }),
  // Lin 2004, "ROUGE", as F1 over words.
  rouge_l: (input, reference) => subsequenceShare(words(input), words(reference)),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5].map((size): [string, Score] => [
      `rouge_${size}`,
      (input, reference) => overlap(input, reference, { sizes: [size], of: (one, other) => (one + other) / 2 }),
    ]),
  ),
};

/** The kinds of graders, with the field that selects a score, and the scores. */
const kinds: Readonly<Record<string, readonly [field: string, scores: Readonly<Record<string, Score>>]>> = {
  string_check: ["operation", operations],
  text_similarity: ["evaluation_metric", metrics],
};

/** A longer text would take seconds to compare. */
const maxCharacters = 10_000;

/**
 * The score of a grader, 0 to 1. Its templates read the row as `item`, and the completion as `sample.output_text`, or
 * `sample.output_json` if it is JSON. Throws an error that names the field for a grader that is not supported.
 */
export function graderReward(grader: unknown): Reward {
  if (!isObject(grader)) throw new Error(`the grader is ${describeValue(grader)}; expected an object with a type`);
  const [field, scores] = chosen(kinds, grader, "type");
  const score = chosen(scores, grader, field);
  const texts = [template(grader, "input"), template(grader, "reference")] as const;
  return ({ completion, row }) => {
    const from = { item: row, sample: { output_text: completion, output_json: jsonIn(completion) } };
    const [input, reference] = [texts[0](from), texts[1](from)];
    return input === undefined || reference === undefined ? 0 : score(input, reference);
  };
}

function chosen<Kind>(all: Readonly<Record<string, Kind>>, grader: Readonly<Record<string, unknown>>, field: string) {
  const name = grader[field];
  const found = typeof name === "string" && Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  throw new Error(`${field} is ${describeValue(name)}; expected ${Object.keys(all).join(", ")}`);
}

type Values = Readonly<Record<"item" | "sample", Readonly<Record<string, unknown>>>>;

/** Fills in the values. Undefined without a value of the sample; throws without one of the row. */
function template(grader: Readonly<Record<string, unknown>>, field: string): (from: Values) => string | undefined {
  const source = grader[field];
  if (typeof source !== "string") throw new Error(`${field} is ${describeValue(source)}; expected a text`);
  const parts = source.split(/\{\{(.*?)\}\}/s).map((part, index) => {
    if (index % 2 === 0) return part;
    const path = part.trim().replace(/\[(\d+)\]/g, ".$1");
    if (/^(item(\.[\w-]+)+|sample\.output_text|sample\.output_json(\.[\w-]+)*)$/.test(path)) return path.split(".");
    throw new Error(`${field} has {{${part}}}; expected item.<field>, sample.output_text or sample.output_json`);
  });
  return (from) => {
    const values = parts.map((part) => {
      if (typeof part === "string") return part;
      const value = valueAt(from, part);
      if (value !== undefined || part[0] === "sample") return value;
      throw new Error(`the row has no "${part.slice(1).join(".")}"`);
    });
    if (values.includes(undefined)) return undefined;
    const text = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("");
    if (text.length <= maxCharacters) return text;
    throw new Error(`${field} has ${text.length} characters; expected at most ${maxCharacters}`);
  };
}

function valueAt(from: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined,
    from,
  );
}

function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The share of both texts that is in their longest common subsequence. */
function subsequenceShare(one: readonly string[], other: readonly string[]): number {
  if (one.length + other.length === 0) return 1;
  let lengths = new Uint16Array(other.length + 1);
  for (const left of one) {
    const next = new Uint16Array(lengths.length);
    for (const [at, right] of other.entries())
      next[at + 1] = left === right ? (lengths[at] ?? 0) + 1 : Math.max(next[at] ?? 0, lengths[at + 1] ?? 0);
    lengths = next;
  }
  return (2 * (lengths.at(-1) ?? 0)) / (one.length + other.length);
}

/** The n-grams that both texts have, as a share of one number made of both counts. */
function overlap(
  input: string,
  reference: string,
  { sizes, of }: { readonly sizes: readonly number[]; of(input: number, reference: number): number },
): number {
  const [own, wanted] = [input, reference].map((text) => {
    const all = words(text);
    return sizes.flatMap((size) => all.slice(size - 1).map((_, at) => all.slice(at, at + size).join(" ")));
  }) as [string[], string[]];
  const left = new Map<string, number>();
  for (const gram of wanted) left.set(gram, (left.get(gram) ?? 0) + 1);
  const common = own.filter((gram) => {
    const count = left.get(gram) ?? 0;
    left.set(gram, count - 1);
    return count > 0;
  });
  return common.length / Math.max(1e-9, of(own.length, wanted.length));
}
