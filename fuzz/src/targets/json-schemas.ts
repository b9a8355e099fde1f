// JSON schemas of answers: one that is accepted gives only texts that fit it, by Ajv.

import { join } from "node:path";
import { isObject, type JsonObject, parseJson } from "@lowrank/contracts/internal";
import { Ajv2020 } from "ajv/dist/2020.js";
import { openModel } from "lowrank";
import { treeOf } from "../inputs/json-tree.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import { root } from "../inputs/seeds.ts";
import { demand, mayRefuse, notAnInput, type Target } from "../target.ts";

const seeds = [
  '{"type":"object","properties":{"a":{"type":"string","maxLength":4},"b":{"type":"integer","minimum":-3,"maximum":40}},"required":["b"]}',
  '{"type":"array","prefixItems":[{"type":["null","boolean"]}],"items":{"enum":[1,"x",null]},"maxItems":4}',
  '{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"const":"leaf"},{"type":"array","items":{"$ref":"#/$defs/a"},"maxItems":2}]}}}',
  '{"oneOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"a":{"const":2}},"required":["a"]}]}',
  '{"type":"number","exclusiveMinimum":0,"maximum":1.5}',
].map((text) => treeOf(JSON.parse(text)));
const model = await openModel(join(root, "packages/tiny-model/model"));
const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false });

export const jsonSchemas: Target = {
  generate: (random) => jsonInput(seeds, random),

  async check(input) {
    const schema = parseJson(new TextDecoder().decode(input));
    if (!isObject(schema)) notAnInput();
    const text = await model.generate("a", { schema, maxNewTokens: 16, temperature: 1, seed: input.length });
    const value = mayRefuse(() => parseJson(text)); // a text may be cut off
    if (value !== undefined) demand(fits(schema, value), `a text does not fit: ${text.slice(0, 100)}`);
  },
};

function fits(schema: JsonObject, value: unknown): boolean {
  try {
    return ajv.validate(schema, value) === true;
  } catch {
    return notAnInput(); // wrong in a part that no text needs, or references that Ajv expands without end
  }
}
