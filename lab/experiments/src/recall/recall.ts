// Recall of answering sentences, next to sentence-transformers by the same recipe: MiniLM searches the sentences of XQuAD's 240 paragraphs
// for the one with the answer to a question about a held-out paragraph. A hard negative is a sentence next to the answer's.

import { execFileSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rankingScores } from "@lowrank/data/internal";
import { openModel } from "lowrank";
import { preparedModel, preparedPython } from "../../../benchmarks/src/harness/peer-folders.ts";
import { jobRows } from "../../../benchmarks/src/jobs/job-data.ts";
import type { Experiment } from "../experiment.ts";

export const recall: Experiment = {
  name: "recall",
  work: "MiniLM finds answering sentences, here and in sentence-transformers; --only lowrank or peer",
  async run({ seeds, only = ["lowrank", "peer"], rows, epochs = 3, log }) {
    const model = await preparedModel("minilm");
    const search = { ...(await searchRows(rows)), model, recipe: { ...recipe, epochs } };
    const file = join(await mkdtemp(join(tmpdir(), "recall-")), "search.json");
    await writeFile(file, JSON.stringify(search));
    const { train, test, corpus } = search;
    log(`${train.length} questions to learn from, ${test.length} to answer, ${corpus.length} sentences`);
    for (const seed of seeds) {
      if (only.includes("lowrank")) log(`lowrank ${seed} ${JSON.stringify(await ours(search, seed))}`);
      if (!only.includes("peer")) continue;
      const program = [join(import.meta.dirname, "recall_peer.py"), file, String(seed)];
      log(`sentence-transformers ${seed} ${execFileSync(preparedPython(), program, { encoding: "utf8" }).trim()}`);
    }
  },
};

const recipe = { rank: 8, alpha: 16, batchSize: 64, miniBatchSize: 16, learningRate: 5e-4, maxLength: 128 };

/** With `wanted`, at most that number of questions and only their answers to search: a quick check. */
async function searchRows(wanted: number | undefined) {
  const { train: all } = await jobRows("squad", { train: Number.POSITIVE_INFINITY, validation: 0 });
  const paragraphs = [...new Set(all.map(({ context }) => String(context)))];
  const questions = all.flatMap(({ question, context, answers }) => {
    const sentences = cut(String(context));
    const [start = 0] = (answers as { readonly answer_start: readonly number[] }).answer_start;
    const position = sentences.filter((sentence) => String(context).indexOf(sentence) <= start).length - 1;
    const [positive, negative] = [sentences[position], sentences[position + 1] ?? sentences[position - 1]];
    if (positive === undefined || negative === undefined) return [];
    return [{ anchor: String(question), positive, negative, isHeld: paragraphs.indexOf(String(context)) % 4 === 3 }];
  });
  const some = (held: boolean) => questions.filter(({ isHeld }) => isHeld === held).slice(0, wanted);
  const [train, test] = [some(false), some(true)];
  const others = wanted === undefined ? paragraphs.flatMap(cut) : [];
  return { train, test, corpus: [...new Set([...test.map(({ positive }) => positive), ...others])] };
}

/** Some sentences are cut too early, after abbreviations, for both sides. */
function cut(context: string): readonly string[] {
  return context.split(/(?<=[.!?]"?)\s+(?=["A-Z])/);
}

type Search = Awaited<ReturnType<typeof searchRows>> & {
  readonly model: string;
  readonly recipe: typeof recipe & { readonly epochs: number };
};

async function ours({ train, test, corpus, model, recipe: { rank, alpha, ...loop } }: Search, seed: number) {
  const opened = await openModel(model, { task: "feature-extraction" });
  const pooled = { pooling: "mean", normalize: true, maxLength: loop.maxLength } as const;
  const measure = async () => {
    const queries = test.map(({ anchor }) => anchor);
    const [asked, found] = [await opened.embed(queries, pooled), await opened.embed(corpus, pooled)];
    return rankingScores(asked.map((query, at) => [rankOf(query, found, corpus.indexOf(test[at]?.positive ?? ""))]));
  };
  const before = await measure();
  const adapter = opened.adapt({ rank, alpha, targetModules: ["query", "key", "value", "dense"] }, { seed });
  const fixed = { schedule: "linear", warmupSteps: 0, weightDecay: 0, watchRate: false, dropLast: true } as const;
  const start = performance.now();
  for await (const _ of adapter.train(train, { ...pooled, ...loop, ...fixed, validationShare: 0, seed }));
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
