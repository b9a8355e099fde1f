// Recall of answering sentences, next to sentence-transformers by the same recipe: MiniLM searches the sentences of XQuAD's 240 paragraphs
// for the one with the answer to a question of 12 held-out articles. A hard negative is a sentence next to the answer's.
//   node --conditions=lowrank-source --import tsx experiments/src/recall/recall.ts [--seeds 3] [--epochs 3] [--only lowrank|peer]
// A quick check of both programs, with fewer questions and sentences: --rows 128 --epochs 1 --seeds 1

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { rankingScores } from "@lowrank/data";
import { openModel } from "lowrank";
import { preparedModel, preparedPython } from "../../../benchmarks/src/harness/peer-folders.ts";

interface SquadFile {
  readonly data: readonly { readonly paragraphs: readonly Paragraph[] }[];
}

interface Paragraph {
  readonly context: string;
  readonly qas: readonly {
    readonly question: string;
    readonly answers: readonly { readonly answer_start: number }[];
  }[];
}

interface Question {
  readonly anchor: string;
  readonly positive: string;
  readonly negative: string;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    epochs: { type: "string" },
    only: { type: "string" },
    rows: { type: "string" },
  },
});
const [seeds, epochs] = [Number(values.seeds ?? 3), Number(values.epochs ?? 3)];
const recipe = { rank: 8, alpha: 16, learningRate: 5e-4, batchSize: 64, miniBatchSize: 16, epochs, maxLength: 128 };

const file = join(process.env.LOWRANK_DATA ?? ".", "xquad.en.json");
const { data }: SquadFile = JSON.parse(await readFile(file, "utf8"));
const articles = data.map(({ paragraphs }) =>
  paragraphs.map((paragraph) => ({ ...paragraph, sentences: cut(paragraph) })),
);
const rows = Number(values.rows ?? Number.POSITIVE_INFINITY);
const isHeld = (_: unknown, article: number) => article % 4 === 3;
const train = articles
  .filter((...each) => !isHeld(...each))
  .flatMap((article) => article.flatMap(questionsOf))
  .slice(0, rows);
const test = articles
  .filter(isHeld)
  .flatMap((article) => article.flatMap(questionsOf))
  .slice(0, rows);
const searched = values.rows === undefined ? articles.flat().flatMap(({ sentences }) => sentences) : [];
const corpus = [...new Set([...searched, ...test.flatMap(({ positive, negative }) => [positive, negative])])];
const folder = await mkdtemp(join(tmpdir(), "recall-"));
const model = await preparedModel("minilm");
await writeFile(join(folder, "task.json"), JSON.stringify({ train, test, corpus, recipe, model }));
console.log(`${train.length} questions to learn from, ${test.length} to answer, ${corpus.length} sentences`);
for (let seed = 1; seed <= seeds; seed++) {
  if (values.only !== "peer") console.log("lowrank", seed, JSON.stringify(await ours(seed)));
  if (values.only === "lowrank") continue;
  const peer = [join(import.meta.dirname, "recall_peer.py"), join(folder, "task.json"), String(seed)];
  console.log("sentence-transformers", seed, execFileSync(preparedPython(), peer, { encoding: "utf8" }).trim());
}

/** Its sentences, without a list of abbreviations: some are cut too early, for both sides. */
function cut({ context }: Paragraph): readonly string[] {
  return context.split(/(?<=[.!?]"?)\s+(?=["A-Z])/);
}

function questionsOf({ qas, context, sentences }: Paragraph & { readonly sentences: readonly string[] }): Question[] {
  return qas.flatMap(({ question, answers: [answer] }) => {
    const place = sentences.findLastIndex((sentence) => context.indexOf(sentence) <= (answer?.answer_start ?? 0));
    const [positive, negative] = [sentences[place], sentences[place + 1] ?? sentences[place - 1]];
    return positive === undefined || negative === undefined ? [] : [{ anchor: question, positive, negative }];
  });
}

async function ours(seed: number) {
  const opened = await openModel(model, { task: "feature-extraction" });
  const { rank, alpha, maxLength, ...loop } = recipe;
  const pooled = { pooling: "mean", normalize: true } as const;
  const measure = async () => {
    const how = { ...pooled, maxLength };
    const [queries, texts] = [
      await opened.embed(
        test.map(({ anchor }) => anchor),
        how,
      ),
      await opened.embed(corpus, how),
    ];
    return rankingScores(queries.map((query, at) => [rankOf(query, texts, corpus.indexOf(test[at]?.positive ?? ""))]));
  };
  const before = await measure();
  const adapter = opened.adapt({ rank, alpha, targetModules: ["query", "key", "value", "dense"] }, { seed });
  const fixed = {
    schedule: "linear",
    warmupSteps: 0,
    weightDecay: 0,
    watchRate: false,
    dropLast: true,
    validationShare: 0,
  } as const;
  const start = performance.now();
  for await (const _ of adapter.train(train, { ...pooled, ...loop, ...fixed, maxLength, seed }));
  const seconds = (performance.now() - start) / 1000;
  const after = await measure();
  opened.dispose();
  return { before, after, seconds };
}

/** Counted from 1. */
function rankOf(query: Float32Array, texts: readonly Float32Array[], own: number): number {
  const scores = texts.map((text) => text.reduce((sum, value, index) => sum + value * (query[index] ?? 0), 0));
  return 1 + scores.filter((score) => score > (scores[own] ?? 0)).length;
}
