// A cross-encoder on rows of searches, against what sentence-transformers and PEFT make of the same rows
// (fixtures/make_reranker.py).

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openModel, rerank } from "../../index.ts";
import { jsonl, makeWorkspace } from "./workspace.ts";

const folder = fileURLToPath(new URL("../../../fixtures/reranker", import.meta.url));
const data = `${folder}/rows.jsonl`;
const engine = { engine: { prefer: "cpu" } } as const;

interface Facts {
  readonly logits: readonly number[];
  readonly loss: number;
  readonly mrr: number;
  readonly ndcg: number;
  readonly losses: readonly number[];
}

/** Files written by this repository. */
const facts: Facts = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
const rows: readonly Readonly<Record<"query" | "positive" | "negative_1" | "negative_2", string>>[] = readFileSync(
  data,
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

const work = makeWorkspace();

it("measures loss and ranks as sentence-transformers does", async () => {
  const { json, stderr } = await work.call("evaluate", "--model", folder, "--data", data, "--json");
  expect([json.at(-1), stderr]).toEqual([
    expect.objectContaining({ rows: 12, recallAt1: expect.any(Number) }),
    expect.anything(),
  ]);
  const { loss, mrrAt10, ndcgAt10 } = json.at(-1) as Record<string, number>;
  expect(loss).toBeCloseTo(facts.loss, 5);
  expect(mrrAt10).toBeCloseTo(facts.mrr, 5);
  expect(ndcgAt10).toBeCloseTo(facts.ndcg, 5);
});

it("trains like PEFT, and keeps the head in the adapter", async () => {
  const files = ["--model", folder, "--adapter", `${folder}/adapter`, "--data", data, "--out", work.path("out")];
  const asPeft = ["--learning-rate", "0.05", "--schedule", "constant", "--warmup-steps", "0", "--weight-decay", "0.01"];
  const size = ["--steps", `${facts.losses.length}`, "--batch-size", "12"];
  const call = await work.call("train", ...files, ...asPeft, ...size, "--json");
  expect([call.code, call.stderr]).toEqual([0, expect.stringContaining("the base is trained as a cross-encoder")]);
  const losses = call.json.filter(({ type }) => type === "step").map(({ loss }) => Number(loss));
  expect(losses).toHaveLength(facts.losses.length);
  for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(facts.losses[step] ?? 0, 4);
  const after = await work.call(
    ...["evaluate", "--model", folder, "--adapter", work.path("out"), "--data", data, "--json"],
  );
  expect(Number(after.json.at(-1)?.loss)).toBeLessThan(facts.loss);
});

it("trains embeddings on a base that judges pairs, on request", async () => {
  const files = ["--model", folder, "--data", data, "--out", work.path("embeddings"), "--steps", "1"];
  const how = ["--task", "feature-extraction", "--pooling", "mean", "--target-modules", "all-linear"];
  expect(await work.call("train", ...files, ...how)).toMatchObject({ code: 0 });
  const config = JSON.parse(await readFile(work.path("embeddings", "adapter_config.json"), "utf8"));
  expect(config.task_type).toBe("FEATURE_EXTRACTION");
});

it("adds one output to a bare encoder, and holds out whole searches", async () => {
  const encoder = fileURLToPath(new URL("../../../fixtures/embeddings", import.meta.url));
  const many = ["rain", "it", "my", "settings"].map((query) => ({
    query,
    positive: `${query} is`,
    negative: "how do",
  }));
  const few = work.write("few.jsonl", jsonl(many));
  const call = await work.call(
    ...["train", "--model", encoder, "--task", "sequence-classification", "--data", few, "--steps", "2"],
    ...["--validation-share", "0.5", "--out", work.path("bare"), "--target-modules", "all-linear", "--json"],
  );
  expect([call.code, call.stderr]).toEqual([0, expect.stringContaining("a number for each row")]);
  const { metrics } = call.json.find(({ type }) => type === "evaluation") as { metrics: Record<string, number> };
  expect(metrics).toMatchObject({ loss: expect.any(Number), mrrAt10: expect.any(Number) });
  const config = JSON.parse(await readFile(work.path("bare", "adapter_config.json"), "utf8"));
  expect(config.task_type).toBe("SEQ_CLS");
  const judged = await work.call(
    ...["predict", "--model", encoder, "--adapter", work.path("bare"), "--data", few, "--json"],
    ...["--columns", "sentence1=query,sentence2=positive"],
  );
  expect(judged.json.filter(({ type }) => type === "result")).toHaveLength(4);
});

it("ranks search results, and reports that a classifier cannot", async () => {
  const model = await openModel(folder, engine);
  const [row] = rows;
  const found = [row?.negative_2 ?? "", row?.positive ?? "", row?.negative_1 ?? ""];
  const ranked = await rerank(model, row?.query ?? "", found, { topK: 2 });
  const best = [...facts.logits.slice(0, 3)].sort((one, other) => other - one);
  expect(ranked.map(({ score }) => score.toFixed(4))).toEqual(best.slice(0, 2).map((score) => score.toFixed(4)));
  expect(ranked.map(({ index, text }) => found[index] === text)).toEqual([true, true]);
  model.dispose();
  const classifier = await openModel(folder, { ...engine, task: "sequence-classification", classes: 3 });
  await expect(rerank(classifier, "it", ["rain"])).rejects.toThrow(/answers with "class"/);
  const adapter = classifier.adapt({ rank: 1, targetModules: ["query"] });
  await expect(async () => {
    for await (const _ of adapter.train(rows, { steps: 1 }));
  }).rejects.toThrow(/It has 3 classes/);
  classifier.dispose();
});
