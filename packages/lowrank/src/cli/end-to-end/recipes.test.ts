import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { trainRecipe } from "../../index.ts";
import { fixture, jsonl, makeWorkspace, tiny } from "./workspace.ts";

const work = makeWorkspace();

const rows = Array.from({ length: 6 }, (_, row) => ({ question: `${row} ->`, answer: ` ${row * row}` }));
work.write("rows.jsonl", jsonl(rows));

const adapterIn = (folder: string) => readFile(work.path(folder, "adapter_model.safetensors"));

it("a run repeated by the recipe in its folder makes the same adapter, bit for bit", async () => {
  const columns = ["--columns", "prompt=question,completion=answer", "--validation-share", "0.4"];
  const shape = ["--rank", "4", "--target-modules", "q_proj,v_proj", "--dropout", "0.1", "--use-rslora"];
  const loop = ["--steps", "3", "--batch-size", "2", "--learning-rate", "1e-2", "--seed", "7"];
  const argv = ["train", "--model", tiny, "--data", work.path("rows.jsonl"), ...columns, ...shape, ...loop];
  expect(await work.call(...argv, "--out", work.path("first"))).toMatchObject({ code: 0 });

  const recipe = work.path("first", "recipe.yaml");
  const again = await work.call("train", "--recipe", recipe, "--out", work.path("second"));
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(await adapterIn("second")).toEqual(await adapterIn("first"));
  expect(await readFile(work.path("second", "recipe.yaml"), "utf8")).toBe(await readFile(recipe, "utf8"));

  const other = await work.call("train", "--recipe", recipe, "--out", work.path("third"), "--seed", "8");
  expect(other).toMatchObject({ code: 0 });
  expect(await adapterIn("third")).not.toEqual(await adapterIn("first"));
});

it("a program that trains with a recipe writes the command's output, bit for bit, and stops on request", async () => {
  const rows = Array.from({ length: 6 }, (_, row) => ({ input_ids: [5, 7, 9, row], labels: [5, 7, 9, row] }));
  const data = work.write("tokens.jsonl", jsonl(rows));
  const loop = { steps: 3, batchSize: 2, learningRate: 1e-2, report: true, validationShare: 0.4 } as const;
  const recipe = { model: fixture("gpt2", "base"), data, rank: 2, ...loop, engine: "cpu" } as const;
  const file = work.write("mine.json", JSON.stringify(recipe));
  expect(await work.call("train", "--recipe", file, "--out", work.path("by command"))).toMatchObject({ code: 0 });
  const events: string[] = [];
  for await (const { type } of trainRecipe(recipe, { out: work.path("by program") })) events.push(type);
  expect(events.filter((type) => type === "step")).toHaveLength(3);
  const files = ["adapter_model.safetensors", "recipe.yaml", "README.md", "metrics.jsonl"];
  for (const name of files) {
    const [one, other] = ["by command", "by program"].map((folder) => readFileSync(work.path(folder, name), "utf8"));
    expect(one, name).toBe(other);
  }
  const stop = new AbortController();
  const run = trainRecipe(file, { out: work.path("stopped"), signal: stop.signal });
  for await (const event of run) if (event.type === "step") stop.abort();
  const resumed = [];
  for await (const event of trainRecipe(file, { out: work.path("stopped"), resume: true })) {
    if (event.type === "step") resumed.push(event.step);
  }
  expect(resumed).toEqual([2, 3]);
  await expect(trainRecipe({ ...recipe, model: undefined }, { out: "x" }).next()).rejects.toThrow("has no model");
});

it("a recipe with a fault is wrong usage, before anything is loaded", async () => {
  const recipe = work.write("bad.yaml", "model: m\nranks: 4\nlearningRate: -1\n");
  const call = await work.call("train", "--recipe", recipe, "--out", work.path("no"));
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean rank?") });
  expect(call.stderr).toContain("learningRate: expected a number, more than 0, got -1");
});
