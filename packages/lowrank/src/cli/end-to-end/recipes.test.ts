import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonl, makeWorkplace, type Workplace } from "./workplace.ts";

const tiny = fileURLToPath(new URL("../../../../tiny-model/model", import.meta.url));
let place: Workplace;

beforeAll(async () => {
  place = await makeWorkplace();
  const rows = Array.from({ length: 6 }, (_, row) => ({ asked: `${row} ->`, said: ` ${row * row}` }));
  await place.write("rows.jsonl", jsonl(rows));
});
afterAll(() => place.remove());

const adapterIn = (folder: string) => readFile(place.path(folder, "adapter_model.safetensors"));

it("a run repeated by the recipe in its folder makes the same adapter, bit for bit", async () => {
  const columns = ["--columns", "prompt=asked,completion=said", "--validation-share", "0.4"];
  const shape = ["--rank", "4", "--target-modules", "q_proj,v_proj", "--dropout", "0.1", "--use-rslora"];
  const loop = ["--steps", "3", "--batch-size", "2", "--learning-rate", "1e-2", "--seed", "7"];
  const argv = ["train", "--model", tiny, "--data", place.path("rows.jsonl"), ...columns, ...shape, ...loop];
  expect(await place.call(...argv, "--out", place.path("first"))).toMatchObject({ code: 0 });

  const recipe = place.path("first", "recipe.yaml");
  const again = await place.call("train", "--recipe", recipe, "--out", place.path("second"));
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(await adapterIn("second")).toEqual(await adapterIn("first"));
  expect(await readFile(place.path("second", "recipe.yaml"), "utf8")).toBe(await readFile(recipe, "utf8"));

  const other = await place.call("train", "--recipe", recipe, "--out", place.path("third"), "--seed", "8");
  expect(other).toMatchObject({ code: 0 });
  expect(await adapterIn("third")).not.toEqual(await adapterIn("first"));
});

it("a recipe with a fault is wrong usage, before anything is loaded", async () => {
  const recipe = await place.write("bad.yaml", "model: m\nranks: 4\nlearningRate: -1\n");
  const call = await place.call("train", "--recipe", recipe, "--out", place.path("no"));
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean rank?") });
  expect(call.stderr).toContain("learningRate: expected a number above 0, got -1");
});
