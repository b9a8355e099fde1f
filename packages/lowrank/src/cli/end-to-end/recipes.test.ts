import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { trainRecipe } from "../../index.ts";
import { fixture, jsonl, makeWorkplace, tiny } from "./workplace.ts";

const place = makeWorkplace();

const rows = Array.from({ length: 6 }, (_, row) => ({ asked: `${row} ->`, said: ` ${row * row}` }));
place.write("rows.jsonl", jsonl(rows));

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

it("a program that trains with a recipe writes the command's output, bit for bit, and stops on request", async () => {
  const rows = Array.from({ length: 6 }, (_, row) => ({ input_ids: [5, 7, 9, row], labels: [5, 7, 9, row] }));
  const data = place.write("tokens.jsonl", jsonl(rows));
  const loop = { steps: 3, batchSize: 2, learningRate: 1e-2, report: true, validationShare: 0.4 } as const;
  const recipe = { model: fixture("gpt2", "base"), data, rank: 2, ...loop, engine: "cpu" } as const;
  const file = place.write("mine.json", JSON.stringify(recipe));
  expect(await place.call("train", "--recipe", file, "--out", place.path("by command"))).toMatchObject({ code: 0 });
  const events: string[] = [];
  for await (const { type } of trainRecipe(recipe, { out: place.path("by program") })) events.push(type);
  expect(events.filter((type) => type === "step")).toHaveLength(3);
  const files = ["adapter_model.safetensors", "recipe.yaml", "README.md", "metrics.jsonl"];
  for (const name of files) {
    const [one, other] = ["by command", "by program"].map((folder) => readFileSync(place.path(folder, name), "utf8"));
    expect(one, name).toBe(other);
  }
  const stop = new AbortController();
  const run = trainRecipe(file, { out: place.path("stopped"), signal: stop.signal });
  for await (const event of run) if (event.type === "step") stop.abort();
  const resumed = [];
  for await (const event of trainRecipe(file, { out: place.path("stopped"), resume: true })) {
    if (event.type === "step") resumed.push(event.step);
  }
  expect(resumed).toEqual([2, 3]);
  await expect(trainRecipe({ ...recipe, model: undefined }, { out: "x" }).next()).rejects.toThrow("has no model");
});

it("a recipe with a fault is wrong usage, before anything is loaded", async () => {
  const recipe = place.write("bad.yaml", "model: m\nranks: 4\nlearningRate: -1\n");
  const call = await place.call("train", "--recipe", recipe, "--out", place.path("no"));
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean rank?") });
  expect(call.stderr).toContain("learningRate: expected a number, more than 0, got -1");
});
