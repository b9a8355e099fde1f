// The tiny model, which knows no JSON, writes JSON of random schemas.

import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type OpenedModel, openModel, type TextOptions } from "../index.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));

let model: OpenedModel;
beforeAll(async () => {
  model = await openModel(tiny);
});
afterAll(() => model.dispose());

/** Schemas by number: the digits of `seed` select the type of each part. */
function randomSchema(seed: number, depth: number): Readonly<Record<string, unknown>> {
  const pick = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  const part = (index: number) => randomSchema(pick + 31 * index, depth - 1);
  const leaves = [
    { type: "string", maxLength: 12 },
    { type: "integer", minimum: -9, maximum: 1000 },
    { type: "number", minimum: 0 },
    { type: ["boolean", "null"] },
    { enum: ["red", "green", 3] },
  ];
  if (depth === 0) return leaves[pick % leaves.length] as Readonly<Record<string, unknown>>;
  if (pick % 3 === 0 && depth < 2) return { type: "array", items: part(1), minItems: 1, maxItems: 2 };
  if (pick % 3 === 1 && depth < 2) return { anyOf: [part(1), part(2)] };
  const properties = { first: part(1), second: part(2), [`name ${pick % 7}`]: part(3) };
  return { type: "object", properties, required: ["first", "second"], additionalProperties: false };
}

async function written(options: TextOptions) {
  const writer = await model.writer();
  for await (const event of writer.write("Aromi is", { adapter: null, maxNewTokens: 80, ...options }))
    if (event.type === "end") return event;
  throw new Error("The text has no end.");
}

it("each text that ends fits its schema, and one that is cut off says so", { timeout: 240_000 }, async () => {
  const ajv = new Ajv2020({ strict: false });
  const schemas = Array.from({ length: 20 }, (_, seed) => randomSchema(seed, 2));
  const ends = await Promise.all(schemas.map((schema, seed) => written({ schema, seed, temperature: 1 })));
  const finished = ends.filter(({ reason }) => reason === "stop");
  expect(finished.length).toBeGreaterThanOrEqual(10);
  for (const [index, { reason, text, ids }] of ends.entries()) {
    if (reason === "stop") expect([text, ajv.validate(schemas[index] ?? {}, JSON.parse(text))]).toEqual([text, true]);
    else expect(ids.length).toBe(80);
  }
});

it("greedy texts of a batch follow the schema as a single one does, and json gives an object", async () => {
  const schema = { type: "object", properties: { name: { type: "string", maxLength: 9 } }, required: ["name"] };
  const options = { schema, maxNewTokens: 40 };
  const texts = await model.generate(["Aromi", "The Mill"], options);
  for (const text of texts) expect(JSON.parse(text)).toEqual({ name: expect.any(String) });
  expect(texts[0]).toBe(await model.generate("Aromi", options));
  expect((await written({ json: true, maxNewTokens: 8 })).text.trimStart()).toMatch(/^\{/);
});

it("a schema that is not one is refused", async () => {
  await expect(model.generate("Aromi", { schema: "{}" as never })).rejects.toThrow("z.toJSONSchema");
});
