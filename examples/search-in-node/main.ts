// Teaches a model to search: of many sentences about restaurants it finds the one that says given facts. Pairs that belong
// together are all it learns from; the other pairs of a batch are what it is to tell them from. The tiny model is quick to
// teach; an encoder that was made for search starts much better:
//   npm run search-in-node --workspace examples -- ~/models/all-MiniLM-L6-v2

import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { shuffled, splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { type EmbeddingRecipe, rankingLoss } from "@lowrank/models";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { openModel } from "lowrank";

interface Pair {
  readonly facts: string;
  readonly sentence: string;
}

const root = new URL("../../", import.meta.url).pathname;
const [path = `${root}packages/tiny-model/model`, out = `${root}runs/search`] = process.argv.slice(2);

// One sentence for each set of facts; what is searched for no lesson has.
const rows = await readDataFile(`${root}data/e2e/e2e-devset.csv`, { columns: { prompt: "mr", completion: "ref" } });
const pairs = new Map<string, Pair>();
for (const row of rows) {
  if (row.kind === "completion") pairs.set(row.prompt, { facts: row.prompt, sentence: row.completion });
}
const { train: lessons, validation: questions } = splitByKey([...pairs.values()], ({ facts }) => facts, {
  share: 0.15,
  seed: 1,
});

const model = await openModel(path, { task: "feature-extraction" });
const tokenizer = await model.tokenizer();
const adapter = model.adapt({ rank: 8, targetModules: "all-linear" }, { seed: 1 });
const { base } = model;
const adapters = activeAdapters(adapter.name);
const recipe: EmbeddingRecipe = { pooling: "mean", isNormalised: true };

/** One embedding for each text: [texts, width]. */
function embed(texts: readonly string[], context: ForwardContext): tf.Tensor2D {
  const ids = texts.map((text) => tokenizer.encode(text));
  const time = Math.max(...ids.map(({ length }) => length));
  const padded = ids.map((row) => [...row, ...Array<number>(time - row.length).fill(tokenizer.padId)]);
  const mask = ids.map((row) => Array.from({ length: time }, (_, place) => Number(place < row.length)));
  const inputs = {
    inputIds: tf.tensor2d(padded, undefined, "int32"),
    attentionMask: tf.tensor2d(mask, undefined, "int32"),
  };
  return base.embed(inputs, recipe, context);
}

/** How many of the questions find their own sentence first. */
function found(): string {
  const nearest = tf.tidy(() => {
    const context = inferenceContext(adapters);
    const [facts, sentences] = [questions.map((one) => one.facts), questions.map((one) => one.sentence)];
    return tf.argMax(tf.matMul(embed(facts, context), embed(sentences, context), false, true), 1).dataSync();
  });
  const right = questions.filter((_, index) => nearest[index] === index).length;
  return `${((100 * right) / questions.length).toFixed(0)} %`;
}

console.log(`${lessons.length} pairs to learn from, ${questions.length} to search`);
const before = found();
const batchSize = 16;
const run = train<readonly Pair[]>({
  variables: adapter.handle.variables,
  loss: (batch, random) => {
    const context = { training: true, adapters, random };
    return tf.tidy(() => {
      const anchors = embed(
        batch.map(({ facts }) => facts),
        context,
      );
      return rankingLoss({
        anchors,
        positives: embed(
          batch.map(({ sentence }) => sentence),
          context,
        ),
      });
    });
  },
  *batches(epoch) {
    const order = shuffled(lessons.length, epoch);
    for (let first = 0; first + batchSize <= order.length; first += batchSize)
      yield order.slice(first, first + batchSize).map((place) => lessons[place] as Pair);
  },
  steps: 60,
  learningRate: 2e-3,
  schedule: "cosine",
});
for await (const event of run)
  if (event.type === "step" && event.step % 20 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
console.log(`found before: ${before}, after: ${found()}`);

await adapter.save(out, { overwrite: true });
console.log(`adapter: ${out}`);
model.dispose();
