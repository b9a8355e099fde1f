// Graders of OpenAI's reinforcement fine-tuning that need no model: string_check and text_similarity
// (https://developers.openai.com/api/docs/guides/graders).

import { describeValue, isObject, type JsonObject, jsonIn } from "@lowrank/contracts/internal";
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

/** The beginning of a text, of which a longest common subsequence takes at most a tenth of a second. */
const maxCompared = 4096;

/**
 * The score of a grader, 0 to 1. Its templates read the row as `item`, and the completion as `sample.output_text`, or
 * `sample.output_json` if it is JSON. Throws an error that names the field for a grader that is not supported.
 */
export function graderReward(grader: unknown): Reward {
  if (!isObject(grader)) throw new Error(`the grader is ${describeValue(grader)}; expected an object with a type`);
  const [field, scores] = chosen(kinds, grader, "type");
  const score = chosen(scores, grader, field);
  const [input, reference] = [template(grader, "input"), template(grader, "reference")];
  return ({ completion, row }) => {
    const from = { item: row, sample: { output_text: completion, output_json: jsonIn(completion) } };
    return score(input(from), reference(from));
  };
}

function chosen<Kind>(all: Readonly<Record<string, Kind>>, grader: JsonObject, field: string) {
  const name = grader[field];
  const found = typeof name === "string" && Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  throw new Error(`${field} is ${describeValue(name)}; expected ${Object.keys(all).join(", ")}`);
}

/** A value in a template. */
const hole = /\{\{\s*(item(?:\.[\w-]+)+|sample\.output_text|sample\.output_json(?:\.[\w-]+)*)\s*\}\}/g;

/** Fills in the values; one that the completion does not have is empty. Throws for one that the row does not have. */
function template(grader: JsonObject, field: string): (from: JsonObject) => string {
  const source = grader[field];
  if (typeof source !== "string" || source.replace(hole, "").includes("{{"))
    throw new Error(
      `${field} is ${describeValue(source)}; expected a text with {{item.<field>}}, {{sample.output_text}} or {{sample.output_json}}`,
    );
  return (from) => {
    return source.replace(hole, (_, path: string) => {
      const keys = path.split(".");
      const value = keys.reduce<unknown>(
        (of, key) => (isObject(of) && Object.hasOwn(of, key) ? of[key] : undefined),
        from,
      );
      if (value === undefined && keys[0] === "item") throw new Error(`the row has no "${keys.slice(1).join(".")}"`);
      return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    });
  };
}

function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The share of both texts that is in their longest common subsequence. */
function subsequenceShare(one: readonly string[], other: readonly string[]): number {
  if (one.length + other.length === 0) return 1;
  const [first, second] = [one.slice(0, maxCompared), other.slice(0, maxCompared)];
  let lengths = new Uint16Array(second.length + 1);
  for (const left of first) {
    const next = new Uint16Array(lengths.length);
    for (const [at, right] of second.entries())
      next[at + 1] = left === right ? (lengths[at] ?? 0) + 1 : Math.max(next[at] ?? 0, lengths[at + 1] ?? 0);
    lengths = next;
  }
  return (2 * (lengths.at(-1) ?? 0)) / (first.length + second.length);
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
