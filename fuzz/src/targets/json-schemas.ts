// JSON schemas of answers: one that is accepted gives only texts that fit it, by Ajv.

import { join } from "node:path";
import { isObject, type JsonObject, parseJson } from "@lowrank/contracts";
import { Ajv2020 } from "ajv/dist/2020.js";
import { openModel } from "lowrank";
import { treeOf } from "../inputs/json-tree.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import { root } from "../inputs/seeds.ts";
import { demand, notAnInput, type Target } from "../target.ts";

const text = { type: "string", minLength: 1, maxLength: 4 };
const [a, b] = ["a", "b"].map((kind) => ({
  type: "object",
  properties: { kind: { const: kind }, text },
  required: ["kind"],
}));
const seeds = [
  {
    type: "object",
    properties: { text, of: { type: "integer", minimum: -3, maximum: 40 } },
    required: ["of"],
    additionalProperties: false,
  },
  { type: "array", prefixItems: [text, { type: ["null", "boolean"] }], items: { enum: [1, "x", null] }, maxItems: 4 },
  {
    $ref: "#/$defs/node",
    $defs: { node: { anyOf: [{ const: "leaf" }, { type: "array", items: { $ref: "#/$defs/node" }, maxItems: 2 }] } },
  },
  { oneOf: [a, b] },
  { type: "number", exclusiveMinimum: 0, maximum: 1.5 },
].map(treeOf);
const model = await openModel(join(root, "packages/tiny-model/model"));
const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false });

export const jsonSchemas: Target = {
  generate: (random) => jsonInput(seeds, random),

  async check(input) {
    const schema = parseJson(new TextDecoder().decode(input));
    if (!isObject(schema)) notAnInput();
    const text = await model.generate("a", { schema, maxNewTokens: 16, temperature: 1, seed: input.length });
    const value = wholeJson(text);
    if (value !== undefined) demand(fits(schema, value.json), `a text does not fit: ${text.slice(0, 100)}`);
  },
};

/** Undefined for a text that was cut off. */
function wholeJson(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function fits(schema: JsonObject, value: unknown): boolean {
  try {
    return ajv.validate(schema, value) === true;
  } catch {
    return notAnInput(); // wrong in a part that no text needs, or references that Ajv expands without end
  }
}
