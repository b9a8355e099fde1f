import { describe, expect, it } from "vitest";
import { parseSets, planSweep, SweepError } from "./plan-sweep.ts";

const recipe = { model: "m", data: "rows.jsonl", epochs: 2, batchSize: 4 };
const planned = async (...sets: readonly string[]) => planSweep(recipe, await parseSets(sets), { name: "r", out: "o" });

describe("a plan of runs", () => {
  it("has every combination, the last set changing first, each in a folder named after its values", async () => {
    const runs = await planned("rank=4,8", "learningRate=1e-4,3e-4");
    expect(runs.map(({ index, values }) => [index, values.rank, values.learningRate])).toEqual([
      [0, 4, 1e-4],
      [1, 4, 3e-4],
      [2, 8, 1e-4],
      [3, 8, 3e-4],
    ]);
    expect(runs[3]).toMatchObject({
      out: "o/rank-8_learningRate-0.0003",
      recipe: { model: "m", rank: 8, learningRate: 3e-4, batchSize: 4, out: "o/rank-8_learningRate-0.0003" },
    });
  });

  it("accepts lists as values in brackets, and skips invalid names for folders", async () => {
    const runs = await planned("targetModules=all-linear,[q_proj,v_proj]", "useRslora=true,false");
    expect(runs.map(({ recipe }) => recipe.targetModules)).toEqual([
      ...["all-linear", "all-linear"],
      ...[1, 2].map(() => ["q_proj", "v_proj"]),
    ]);
    expect(runs.map(({ recipe }) => recipe.useRslora)).toEqual([true, undefined, true, undefined]);
    for (const { out } of await planned("template=plain", 'queryPrompt=../../up,"a/b",*x'.replace("*", "\\*")))
      expect(out).toMatch(/^o\/template-plain_queryPrompt-[0-9a-f]{12}$/);
  });

  it("replaces the recipe's equivalent options: steps its epochs, tokens its rows", async () => {
    const [run] = await planned("steps=10", "batchTokens=512");
    expect(run?.recipe).toMatchObject({ steps: 10, batchTokens: 512 });
    expect(run?.recipe.epochs ?? run?.recipe.batchSize).toBeUndefined();
  });

  it("uses the recipe's folder if none is given", async () => {
    const [run] = planSweep({ ...recipe, out: "there" }, await parseSets(["rank=4"]), { name: "r", out: undefined });
    expect(run?.out).toBe("there/rank-4");
  });
});

describe("a plan refuses", () => {
  it.each([
    [["ranks=4,8"], "ranks: unknown option; did you mean rank?"],
    [["rank=0,8,x"], 'rank: expected a whole number, at least 1 and at most 4096, got "x"'],
    [["rank="], "rank: has no value"],
    [["rank=4,,8"], "rank: "],
    [["rank=4", "rank=8"], "rank: is set twice"],
    [["rank=4,8,4"], "rank: 4 is listed twice"],
    [["rank"], '"rank": expected a set such as rank=4,8,16'],
    [["targetModules=[a"], "targetModules: "],
    [["steps=1,2", "epochs=1"], "steps: excludes epochs"],
    [["out=a,b"], "out: cannot be varied"],
    [['data=rows.jsonl,"-"'], "standard input can be read only once"],
  ])("%j with its reason", async (sets, reason) => {
    await expect(planned(...sets)).rejects.toThrow(SweepError);
    await expect(planned(...sets)).rejects.toThrow(reason);
  });

  it("more runs than an array of Slurm's has", async () => {
    const seeds = Array.from({ length: 1001 }, (_, seed) => seed);
    await expect(planned(`seed=${seeds}`)).rejects.toThrow("the sweep has 1001 runs; the maximum is 1000");
  });

  it("all faults at once", async () => {
    const sets = await parseSets(["rank=0", "nothing=1"]);
    expect(() => planSweep(recipe, sets, { name: "r", out: undefined })).toThrow(
      /rank: expected[\s\S]*nothing: unknown option/,
    );
  });

  it("a combination that is no recipe, and names it", async () => {
    const sets = await parseSets(["rank=4"]);
    const continued = { ...recipe, adapter: "a" };
    expect(() => planSweep(continued, sets, { name: "r", out: "o" })).toThrow(
      "continues an adapter, whose shape is fixed",
    );
    expect(() => planSweep({ model: "m" }, sets, { name: "r.yaml", out: "o" })).toThrow(
      /"r.yaml, rank 4"[\s\S]*data: is missing/,
    );
  });
});
