// The body of POST /v1/fine_tuning/jobs.

import { describeValue, isObject, type JsonObject, shortened } from "@lowrank/contracts/internal";
import { InvalidRequestError } from "../errors.ts";
import { Fields, type Range } from "../requests/fields.ts";
import type { FineTuneMethod } from "./fine-tuner.ts";

export type JobRequest = ReturnType<typeof jobRequest>;

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
const methods = Object.keys(rangesOf) as readonly FineTuneMethod[];
/** Reinforcement hyperparameters without an effect here, with the value that clients may send. */
const unserved = { eval_interval: "auto", eval_samples: "auto", reasoning_effort: "default" };
const graderPath = "method.reinforcement.grader";
const wholeObjects = new Set(["metadata", graderPath]);
const wholeNumbers = new Set(["n_epochs", "batch_size"]);
/** A job of OpenAI's has fewer than 30. */
const maxFields = 100;
/** Longer names are cut: no field has one. */
const maxPath = 200;

/** Throws InvalidRequestError. */
export function jobRequest(body: JsonObject) {
  const flat = new Map<string, unknown>();
  for (const [param, value] of flattened(body)) {
    const fault = `the body has more than ${maxFields} fields, up to this one; expected at most ${maxFields}`;
    if (flat.size === maxFields) throw new InvalidRequestError([{ param, fault }]);
    flat.set(param, value);
  }
  const fields = new Fields(Object.fromEntries(flat));
  const known = new Set("model training_file validation_file method.type suffix seed integrations metadata".split(" "));
  const type = fields.text("method.type") ?? "supervised";
  const method = methods.find((each) => each === type) ?? "supervised";
  if (type !== method) fields.fault("method.type", `${describeValue(type)}; expected ${methods.join(", ")}`);
  const hyperparameters: Record<string, number | "auto"> = {};
  for (const [name, range] of Object.entries(rangesOf[method])) {
    // OpenAI's earlier place is the top level.
    for (const path of [`hyperparameters.${name}`, `method.${method}.hyperparameters.${name}`]) {
      known.add(path);
      const kind = wholeNumbers.has(name) ? "integer" : "number";
      const value = fields.raw(path) === "auto" ? "auto" : fields[kind](path, range);
      hyperparameters[name] = value ?? hyperparameters[name] ?? "auto";
    }
  }
  const grader = method === "reinforcement" ? fields.raw(graderPath) : undefined;
  if (method === "reinforcement") {
    known.add(graderPath);
    if (!isObject(grader))
      fields.fault(graderPath, `${describeValue(grader)}; expected a grader: an object with a type`);
    for (const [name, value] of Object.entries(unserved)) {
      const path = `method.reinforcement.hyperparameters.${name}`;
      known.add(path);
      fields.refuseUnsupported(path, [value]);
    }
  }
  for (const name of flat.keys()) if (!known.has(name)) fields.fault(name, "this field is not supported");
  fields.refuseUnsupported("integrations", []);
  const suffix = fields.text("suffix");
  if (suffix !== undefined && !/^[\w.-]{1,64}$/.test(suffix))
    fields.fault("suffix", "expected 1 to 64 letters, digits, dots, hyphens or underscores");
  const request = {
    model: fields.required("model"),
    training_file: fields.required("training_file"),
    validation_file: fields.text("validation_file") ?? null,
    method,
    hyperparameters,
    suffix,
    metadata: metadataOf(fields),
    grader: isObject(grader) ? grader : undefined,
    seed: fields.integer("seed", { min: 0, max: 2 ** 31 - 1 }),
  };
  fields.end();
  return request;
}

/** Fields of nested objects by their path: "method.dpo.hyperparameters.beta". Some objects are one field. An empty object has none. */
function* flattened(body: JsonObject, prefix = ""): Generator<readonly [path: string, value: unknown], void> {
  for (const name of Object.keys(body)) {
    const path = shortened(`${prefix}${name}`, maxPath);
    const value = body[name];
    if (isObject(value) && !wholeObjects.has(path)) yield* flattened(value, `${path}.`);
    else yield [path, value];
  }
}

function metadataOf(fields: Fields): Readonly<Record<string, string>> | null {
  const given = fields.raw("metadata");
  const pairs = isObject(given) ? Object.entries(given) : [];
  const texts = pairs.flatMap(([key, value]) =>
    key.length <= 64 && typeof value === "string" && value.length <= 512 ? [[key, value] as const] : [],
  );
  if (given !== undefined && (!isObject(given) || pairs.length > 16 || texts.length < pairs.length))
    fields.fault("metadata", `${describeValue(given)}; expected at most 16 texts of 512 characters, with keys of 64`);
  return isObject(given) ? Object.fromEntries(texts) : null;
}
