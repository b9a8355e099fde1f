// Teaches a model to search: of many sentences about restaurants it finds the one that says given facts. Pairs that belong
// together are all it learns from; the other pairs of a batch are what it is to tell them from. The tiny model is quick to
// teach; an encoder that was made for search starts much better:
//   npm run search-in-node --workspace examples -- ~/models/all-MiniLM-L6-v2

import { splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { openModel } from "lowrank";

const root = new URL("../../", import.meta.url).pathname;
const [path = `${root}packages/tiny-model/model`, out = `${root}runs/search`, steps = "60"] = process.argv.slice(2);

// One sentence for each set of facts; what is searched for no lesson has.
const rows = await readDataFile(`${root}data/e2e/e2e-devset.csv`, { columns: { prompt: "mr", completion: "ref" } });
const sentences = new Map(rows.flatMap((row) => (row.kind === "completion" ? [[row.prompt, row.completion]] : [])));
const pairs = [...sentences].map(([anchor, positive]) => ({ anchor, positive }));
const { train: lessons, validation: questions } = splitByKey(pairs, ({ anchor }) => anchor, { share: 0.15, seed: 1 });

const model = await openModel(path, { task: "feature-extraction" });
const adapter = model.adapt({ rank: 8, targetModules: "all-linear" }, { seed: 1 });
const pooled = { pooling: "mean", normalize: true } as const;

/** How many of the questions find their own sentence first. */
async function found(): Promise<string> {
  const { recallAt1 = 0 } = await model.evaluate(questions, { ...pooled, batchSize: 32 });
  return `${(100 * recallAt1).toFixed(0)} %`;
}

console.log(`${lessons.length} pairs to learn from, ${questions.length} to search`);
const before = await found();
const run = adapter.train(lessons, {
  ...pooled,
  steps: Number(steps),
  batchSize: 16,
  dropLast: true, // a row alone has nothing to be told from
  learningRate: 2e-3,
  schedule: "cosine",
});
for await (const event of run)
  if (event.type === "step" && event.step % 20 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
console.log(`found before: ${before}, after: ${await found()}`);

await adapter.save(out, { overwrite: true });
console.log(`adapter: ${out}`);
model.dispose();
