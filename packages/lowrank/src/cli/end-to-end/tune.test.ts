// lowrank tune on the smallest base that there is: a search, and the training with what it found.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();

const rows = Array.from({ length: 10 }, (_, row) => ({ input_ids: [5, 7, 9, row], labels: [5, 7, 9, row] }));
const data = work.write("rows.jsonl", jsonl(rows));

const tune = (out: string, ...more: readonly string[]) => {
  const steps = more.includes("--steps") ? [] : ["--steps", "3"];
  const rows = more.includes("--data") ? [] : ["--data", data];
  return ["tune", "--model", fixture("gpt2", "base"), "--out", work.path(out), "--json", ...rows, ...steps, ...more];
};
const call = (...argv: readonly string[]) => work.call(...argv);
const bytesOf = (out: string) => readFile(work.path(out, "adapter_model.safetensors"));
const tried = (json: readonly Record<string, unknown>[]) =>
  json.flatMap(({ type, learningRate, rank }) => (type === "trial" ? [[learningRate, rank]] : []));

it("compares rates and ranks, and trains the best as train does with its recipe", async () => {
  const { code, stderr, json } = await call(...tune("best"));
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("compared by validation loss on 2 rows, held out for the search alone; the base has ");
  expect(json[0]).toMatchObject({ type: "search", by: "loss", rows: 2, rungs: [{ candidates: 10, steps: 3 }] });
  expect(tried(json)).toHaveLength(10);
  expect(json.find(({ type }) => type === "choice")).toMatchObject({ learningRate: 0.008, rank: 16 });
  expect(json.at(-1)).toMatchObject({ type: "result", steps: 3, out: work.path("best") });
  const recipe = work.path("best", "recipe.yaml");
  expect(await readFile(recipe, "utf8")).toMatch(/rank: 16\nalpha: 32\n[\s\S]*learningRate: 0\.008\n/);
  expect(await call("train", "--recipe", recipe, "--out", work.path("again"))).toMatchObject({ code: 0 });
  expect(await bytesOf("again")).toEqual(await bytesOf("best"));
}, 120_000);

it("does not search given options, nor the rank of an adapter that continues training", async () => {
  const rated = await call(...tune("rated", "--learning-rate", "1e-3", "--validation", data));
  expect(tried(rated.json)).toEqual([[0.001, 8], [0.001, 16]]); // biome-ignore format: two pairs
  const more = await call(...tune("more", "--adapter", work.path("rated")));
  expect(more.code, more.stderr).toBe(0);
  expect(new Set(tried(more.json).map(([, rank]) => rank)).size).toBe(1);
  expect(tried(more.json)).toHaveLength(5);
}, 120_000);

it("drops a rate that diverges, and trains the defaults if there is no time or no winner", async () => {
  const wild = await call(...tune("wild", "--learning-rate", "1e38"));
  expect(wild.stderr).toContain(
    "Every trial diverged or was worse than the base by validation loss, so the defaults are trained",
  );
  const short = await call(...tune("short", "--minutes", "0.00001"));
  expect(short).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/no time to compare .* Give --minutes [\d.]+/),
  });
  expect(existsSync(work.path("short", "adapter_model.safetensors"))).toBe(true);
}, 120_000);

it("ends with 130 at Ctrl-C and reports the results, or continues the training that it was in", async () => {
  const cut = await interrupted(tune("cut", "--steps", "40"), { at: '"type":"trial"' });
  expect(cut).toMatchObject({ code: 130, stderr: expect.stringMatching(/best so far: learning rate 0\.002, rank 8/) });
  expect(existsSync(work.path("cut"))).toBe(false);
  const late = ["--steps", "20", "--learning-rate", "1e-3", "--minutes", "0.00001"];
  expect((await interrupted(tune("late", ...late), { at: '"type":"step"' })).code).toBe(130);
  const { code, stderr, json } = await call(...tune("late", ...late, "--resume"));
  expect(code, stderr).toBe(0);
  expect(json.map(({ type }) => type)).not.toContain("search");
}, 120_000);

it("reports missing requirements before it trains", async () => {
  const one = work.write("one.jsonl", jsonl([{ input_ids: [1, 2], labels: [1, 2] }]));
  const refused = async (...more: readonly string[]) => (await call(...tune("no", ...more))).stderr;
  expect(await refused("--data", one)).toContain("There are no validation rows to compare the trials with");
  expect(await refused("--data", "-")).toContain("standard input can be read only once");
  expect(await refused("--rank", "2", "--learning-rate", "1")).toContain(
    "--learning-rate and the adapter's rank are both",
  );
  expect((await call(...tune("rated"))).stderr).toContain("already exists");
}, 120_000);
