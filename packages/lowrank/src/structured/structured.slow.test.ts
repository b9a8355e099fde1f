// The tiny model, which knows no JSON, writes JSON. The fuzzer (json-schemas) does so with random schemas.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type OpenedModel, openModel } from "../index.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));

let model: OpenedModel;
beforeAll(async () => {
  model = await openModel(tiny);
});
afterAll(() => model.dispose());

it("greedy texts of a batch follow the schema as a single one does, and json gives an object", async () => {
  const schema = { type: "object", properties: { name: { type: "string", maxLength: 9 } }, required: ["name"] };
  const options = { schema, maxNewTokens: 40 };
  const texts = await model.generate(["Aromi", "The Mill"], options);
  for (const text of texts) expect(JSON.parse(text)).toEqual({ name: expect.any(String) });
  expect(texts[0]).toBe(await model.generate("Aromi", options));
  expect((await model.generate("Aromi is", { json: true, maxNewTokens: 8 })).trimStart()).toMatch(/^\{/);
});

it("a schema that is not one is refused", async () => {
  await expect(model.generate("Aromi", { schema: "{}" as never })).rejects.toThrow("z.toJSONSchema");
});
