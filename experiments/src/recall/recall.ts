// Recall of answering sentences, next to sentence-transformers by the same recipe: MiniLM searches the sentences of XQuAD's 240 paragraphs
// for the one with the answer to a question about a held-out paragraph. A hard negative is a sentence next to the answer's.
//   node --conditions=lowrank-source --import tsx experiments/src/recall/recall.ts [--seeds 3] [--epochs 3] [--only lowrank|peer]
// A quick check of both programs, with fewer questions and sentences: --rows 128 --epochs 1 --seeds 1

import { execFileSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { rankingScores } from "@lowrank/data";
import { openModel } from "lowrank";
import { preparedModel, preparedPython } from "../../../benchmarks/src/harness/peer-folders.ts";
import { jobRows } from "../../../benchmarks/src/jobs/job-data.ts";

const text = { type: "string" } as const;
const {
  seeds = "3",
  epochs = "3",
  only,
  rows,
} = parseArgs({
  options: { seeds: text, epochs: text, only: text, rows: text },
}).values;
const shared = { batchSize: 64, miniBatchSize: 16, epochs: Number(epochs), learningRate: 5e-4, maxLength: 128 };
const recipe = { rank: 8, alpha: 16, ...shared };

const { train: all } = await jobRows("squad", { train: Number.POSITIVE_INFINITY, validation: 0 });
const paragraphs = [...new Set(all.map(({ context }) => String(context)))];
const questions = all.flatMap(({ question, context, answers }) => {
  const sentences = cut(String(context));
  const [start = 0] = (answers as { readonly answer_start: readonly number[] }).answer_start;
  const place = sentences.findLastIndex((sentence) => String(context).indexOf(sentence) <= start);
  const [positive, negative] = [sentences[place], sentences[place + 1] ?? sentences[place - 1]];
  if (positive === undefined || negative === undefined) return [];
  return [{ anchor: String(question), positive, negative, isHeld: paragraphs.indexOf(String(context)) % 4 === 3 }];
});
const some = (held: boolean) => questions.filter(({ isHeld }) => isHeld === held).slice(0, Number(rows ?? 9999));
const [train, test] = [some(false), some(true)];
const corpus = [...new Set([...test.map(({ positive }) => positive), ...(rows ? [] : paragraphs.flatMap(cut))])];
const model = await preparedModel("minilm");
const task = join(await mkdtemp(join(tmpdir(), "recall-")), "task.json");
await writeFile(task, JSON.stringify({ train, test, corpus, recipe, model }));
console.log(`${train.length} questions to learn from, ${test.length} to answer, ${corpus.length} sentences`);
for (let seed = 1; seed <= Number(seeds); seed++) {
  if (only !== "peer") console.log("lowrank", seed, JSON.stringify(await ours(seed)));
  if (only === "lowrank") continue;
  const peer = [join(import.meta.dirname, "recall_peer.py"), task, String(seed)];
  console.log("sentence-transformers", seed, execFileSync(preparedPython(), peer, { encoding: "utf8" }).trim());
}

/** Some sentences are cut too early, after abbreviations, for both sides. */
function cut(context: string): readonly string[] {
  return context.split(/(?<=[.!?]"?)\s+(?=["A-Z])/);
}

async function ours(seed: number) {
  const opened = await openModel(model, { task: "feature-extraction" });
  const pooled = { pooling: "mean", normalize: true, maxLength: shared.maxLength } as const;
  const measure = async () => {
    const [queries, texts] = [test.map(({ anchor }) => anchor), corpus];
    const [asked, found] = [await opened.embed(queries, pooled), await opened.embed(texts, pooled)];
    return rankingScores(asked.map((query, at) => [rankOf(query, found, corpus.indexOf(test[at]?.positive ?? ""))]));
  };
  const before = await measure();
  const targetModules = ["query", "key", "value", "dense"];
  const adapter = opened.adapt({ rank: recipe.rank, alpha: recipe.alpha, targetModules }, { seed });
  const fixed = { schedule: "linear", warmupSteps: 0, weightDecay: 0, watchRate: false, dropLast: true } as const;
  const start = performance.now();
  for await (const _ of adapter.train(train, { ...pooled, ...shared, ...fixed, validationShare: 0, seed }));
  const seconds = (performance.now() - start) / 1000;
  const after = await measure();
  opened.dispose();
  return { before, after, seconds };
}

/** Counted from 1. */
function rankOf(query: Float32Array, texts: readonly Float32Array[], own: number): number {
  const scores = texts.map((values) => values.reduce((sum, value, index) => sum + value * (query[index] ?? 0), 0));
  return 1 + scores.filter((score) => score > (scores[own] ?? 0)).length;
}
