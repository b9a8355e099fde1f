// Training a tiny folder of sentence-transformers on texts to compare.

import { cp, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expectClose } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { makeWorkspace, shell } from "./workspace.ts";

const folder = fileURLToPath(new URL("../../../fixtures/embeddings", import.meta.url));
const subjects = ["password", "settings", "rain", "reset", "changed", "how do", "is in", "the", "my", "I"];
const related = subjects.map((subject) => ({ anchor: `${subject}?`, positive: `${subject} ${subject} it is` }));
const scored = subjects.map((subject, index) => ({
  sentence1: subject,
  sentence2: index % 2 === 0 ? `${subject} ${subject}` : "rain rain",
  score: index % 2 === 0 ? 5 : 1,
}));
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join("\n");

const work = makeWorkspace();

const pairs = work.write("pairs.jsonl", lines(related));
const scores = work.write("scores.jsonl", lines(scored));

const lossOf = (json: readonly Record<string, unknown>[]) => Number(json.find(({ loss }) => loss !== undefined)?.loss);
const train = (out: string, data: string, ...more: readonly string[]) =>
  work.call(
    ...shell`train --model ${folder} --data ${data} --out ${work.path(out)} --target-modules all-linear --json`,
    ...["--steps", "30", "--batch-size", "5", "--learning-rate", "0.02", ...more],
  );

describe("lowrank train on texts to compare", () => {
  it("learns which texts belong together, and measures it during and after training", async () => {
    const call = await train("related", pairs, "--validation", pairs, "--pooling", "mean");
    expect([call.code, call.stderr]).toEqual([0, expect.anything()]);
    const measured = call.json.filter(({ type }) => type === "evaluation").map(({ metrics }) => metrics);
    expect(measured[0]).toMatchObject({
      loss: expect.any(Number),
      recallAt1: expect.any(Number),
      mrrAt10: expect.any(Number),
    });
    const before = await work.call("evaluate", "--model", folder, "--data", pairs, "--pooling", "mean", "--json");
    const after = await work.call(
      ...shell`evaluate --model ${folder} --adapter ${work.path("related")} --data ${pairs} --json`,
    );
    expect(lossOf(after.json)).toBeLessThan(0.7 * lossOf(before.json));
    const config = JSON.parse(await readFile(work.path("related", "adapter_config.json"), "utf8"));
    expect(config.task_type).toBe("FEATURE_EXTRACTION");
  });

  it.each([
    ["order", "spearman"],
    ["cosine", "pearson"],
  ])("teaches scores by the loss %s", async (loss, measure) => {
    const rows = loss === "cosine" ? scored.map((row) => ({ ...row, score: row.score / 5 })) : scored;
    const data = work.write(`${loss}.jsonl`, lines(rows));
    const call = await train(loss, data, "--loss", loss, "--validation-share", "0.5");
    expect([call.code, call.stderr]).toEqual([0, expect.anything()]);
    const measured = call.json.filter(({ type }) => type === "evaluation");
    expect(measured[0]).toMatchObject({ metrics: { [measure]: expect.any(Number) } });
  });

  it("trains in mini-batches, with a guide and for fewer dimensions", async () => {
    const losses = (call: Awaited<ReturnType<typeof train>>) => call.json.flatMap(({ loss }) => loss ?? []);
    const whole = await train("whole", pairs, "--steps", "3");
    const parts = await train("parts", pairs, "--steps", "3", "--mini-batch-size", "3");
    expectClose(losses(parts) as number[], losses(whole) as number[], 1e-5);
    const how = ["--matryoshka-dims", "24,4", "--matryoshka-weights", "1,0.5", "--validation", pairs];
    const call = await train("short", pairs, "--loss", "gist", "--guide", folder, ...how);
    expect([call.code, call.stderr]).toEqual([0, expect.anything()]);
    const adapter = ["--model", folder, "--adapter", work.path("short")];
    const embedded = await work.call("embed", ...adapter, "--text", "rain", "--dimensions", "4");
    expect(JSON.parse(embedded.stdout)).toHaveLength(4);
    const measured = await work.call("evaluate", ...adapter, "--data", pairs, "--dimensions", "4", "--json");
    expect(measured.code).toBe(0);
    const long = await work.call("embed", ...adapter, "--text", "rain", "--dimensions", "400");
    expect([long.code, long.stderr]).toEqual([1, expect.stringContaining("from 1 to 24, the model's width")]);
  });

  it("keeps its pooling, for a base whose folder does not define it", async () => {
    await cp(folder, work.path("plain"), { recursive: true });
    await rm(work.path("plain", "modules.json"));
    const triplets = work.write("triplets.jsonl", lines(related.map((row) => ({ ...row, negative: "rain" }))));
    const options = shell`train --model ${work.path("plain")} --data ${triplets} --out ${work.path("pooled")} --steps 2`;
    const refused = await work.call(...options, "--loss", "triplet");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--pooling")]);
    expect((await work.call(...options, "--loss", "triplet", "--pooling", "mean", "--overwrite")).code).toBe(0);
    const with_ = ["--model", work.path("plain"), "--adapter", work.path("pooled")];
    expect((await work.call("embed", ...with_, "--text", "rain")).code).toBe(0);
    expect((await work.call("evaluate", ...with_, "--data", triplets, "--json")).code).toBe(0);
  });

  it("names the rows that a loss cannot learn from", async () => {
    const refused = await train("refused", scores, "--loss", "cosine");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("the score 5")]);
    const unscored = await train("refused", pairs, "--loss", "order");
    expect(unscored.stderr).toContain('two sentences with a "score"');
  });

  it("is merged into a folder that defines the pooling, as it was trained or as the base does", async () => {
    for (const [name, pooling] of [
      ["as-base", undefined],
      ["otherwise", "mean"],
    ] as const) {
      const call = await train(name, pairs, ...(pooling === undefined ? [] : ["--pooling", pooling]));
      expect(call.code).toBe(0);
      const adapter = ["--model", folder, "--adapter", work.path(name)];
      const merged = await work.call("merge", ...adapter, "--out", work.path(`${name}-merged`));
      expect([merged.code, merged.stderr]).toEqual([0, expect.anything()]);
      const adapted = await work.call("embed", ...adapter, "--text", "reset my password");
      const alone = await work.call("embed", "--model", work.path(`${name}-merged`), "--text", "reset my password");
      expectClose(JSON.parse(alone.stdout), JSON.parse(adapted.stdout), 1e-5, name);
      const modules = JSON.parse(await readFile(work.path(`${name}-merged`, "modules.json"), "utf8"));
      expect(modules).toHaveLength(pooling === undefined ? 3 : 2);
    }
  });
});
