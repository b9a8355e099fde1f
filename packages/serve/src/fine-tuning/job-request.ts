// The body of POST /v1/fine_tuning/jobs.

import { describeValue, isObject, type JsonObject } from "@lowrank/contracts";
import { Fields, type Range } from "../requests/fields.ts";
import type { FineTuneMethod } from "./fine-tuner.ts";

/** A setting as OpenAI's API has it. */
type Hyperparameters = Readonly<Record<string, number | "auto">>;

export interface JobRequest {
  readonly model: string;
  readonly training_file: string;
  readonly validation_file: string | null;
  readonly method: FineTuneMethod;
  readonly hyperparameters: Hyperparameters;
  /** Of a reinforcement job. */
  readonly grader?: JsonObject | undefined;
  readonly suffix: string | undefined;
  readonly seed: number | undefined;
  readonly metadata: Readonly<Record<string, string>> | null;
}

const ranges: Readonly<Record<string, Range>> = {
  n_epochs: { min: 1, max: 50 },
  batch_size: { min: 1, max: 256 },
  learning_rate_multiplier: { min: 1e-4, max: 100 },
};
const rangesOf: Readonly<Record<FineTuneMethod, Readonly<Record<string, Range>>>> = {
  supervised: ranges,
  dpo: { ...ranges, beta: { min: 1e-4, max: 2 } },
  reinforcement: { ...ranges, compute_multiplier: { min: 0.25, max: 8 } },
};
/** Reinforcement hyperparameters without an effect here, with the value that clients may send. */
const unserved = { eval_interval: "auto", eval_samples: "auto", reasoning_effort: "default" };
const graderPath = "method.reinforcement.grader";
const wholeNumbers = new Set(["n_epochs", "batch_size"]);

/** Throws InvalidRequestError. */
export function jobRequest({ metadata: given, ...body }: JsonObject): JobRequest {
  const flat = new Map(flattened(body));
  const fields = new Fields(Object.fromEntries(flat));
  const type = fields.text("method.type") ?? "supervised";
  const method = (Object.keys(rangesOf) as FineTuneMethod[]).find((each) => each === type) ?? "supervised";
  if (type !== method) fields.fault("method.type", `"${type}"; expected ${Object.keys(rangesOf).join(", ")}`);
  const known = new Set(["model", "training_file", "validation_file", "method.type", "suffix", "seed", "integrations"]);
  const hyperparameters: Record<string, number | "auto"> = {};
  for (const [name, range] of Object.entries(rangesOf[method])) {
    // OpenAI's earlier place is the top level.
    for (const path of [`hyperparameters.${name}`, `method.${method}.hyperparameters.${name}`]) {
      known.add(path);
      const value = settingOf(fields, path, { ...range, isWhole: wholeNumbers.has(name) });
      if (value !== undefined) hyperparameters[name] = value;
    }
    hyperparameters[name] ??= "auto";
  }
  const grader = method === "reinforcement" ? fields.raw(graderPath) : undefined;
  if (method === "reinforcement") {
    known.add(graderPath);
    if (!isObject(grader))
      fields.fault(graderPath, `${describeValue(grader)}; expected a grader: an object with a type`);
    for (const [name, value] of Object.entries(unserved)) {
      const path = `method.reinforcement.hyperparameters.${name}`;
      known.add(path);
      fields.unserved(path, [value]);
    }
  }
  for (const name of flat.keys()) if (!known.has(name)) fields.fault(name, "this field is not supported");
  fields.unserved("integrations", []);
  const suffix = fields.text("suffix");
  if (suffix !== undefined && !/^[\w.-]{1,64}$/.test(suffix))
    fields.fault("suffix", "expected 1 to 64 letters, digits, dots, hyphens or underscores");
  const request = {
    ...(isObject(grader) && { grader }),
    ...{ method, hyperparameters, suffix, metadata: metadataOf(given ?? undefined, fields) },
    ...{ model: required(fields, "model"), training_file: required(fields, "training_file") },
    validation_file: fields.text("validation_file") ?? null,
    seed: fields.integer("seed", { min: 0, max: 2 ** 31 - 1 }),
  } as const;
  fields.end();
  return request;
}

/** Fields of nested objects by their path: "method.dpo.hyperparameters.beta". A grader is one field. An empty object has none. */
function flattened(body: JsonObject, prefix = ""): readonly (readonly [path: string, value: unknown])[] {
  return Object.entries(body).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    return isObject(value) && path !== graderPath ? flattened(value, `${path}.`) : [[path, value] as const];
  });
}

function settingOf(fields: Fields, path: string, { isWhole, ...range }: Range & { readonly isWhole: boolean }) {
  if (fields.raw(path) === "auto") return "auto";
  return isWhole ? fields.integer(path, range) : fields.number(path, range);
}

function required(fields: Fields, name: string): string {
  return fields.text(name) ?? fields.fault(name, "it is missing") ?? "";
}

function metadataOf(given: unknown, fields: Fields): JobRequest["metadata"] {
  if (given === undefined) return null;
  const pairs = isObject(given) ? Object.entries(given) : undefined;
  const isRight = ([key, value]: readonly [string, unknown]) =>
    key.length <= 64 && typeof value === "string" && value.length <= 512;
  if (pairs !== undefined && pairs.length <= 16 && pairs.every(isRight)) return Object.fromEntries(pairs) as never;
  fields.fault("metadata", `${describeValue(given)}; expected at most 16 texts of 512 characters, with keys of 64`);
  return null;
}
