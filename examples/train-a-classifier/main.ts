// Teaches a language model to sort sentences: is the restaurant that a sentence speaks of one for families? The adapter
// that it writes has the new classifier in it, and loads in PEFT as one of task type SEQ_CLS.

import { createLoraConfig } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { batches, openTokenizer, promptTemplate, splitByKey, type TokenBatch, tokenizeExamples } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { chooseEngine } from "@lowrank/engine";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { batchTensors, loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";

const root = new URL("../../", import.meta.url).pathname;
const out = process.argv[2] ?? `${root}runs/family-friendly`;
const steps = 100;

// Rows: a sentence, and class 0 or 1 from the facts that it says. All sentences about one restaurant land in one part.
const said = await readDataFile(`${root}data/e2e/e2e-devset.csv`, { columns: { prompt: "mr", completion: "ref" } });
const rows = said.flatMap((row) => {
  if (row.kind !== "completion" || !row.prompt.includes("familyFriendly")) return [];
  return {
    kind: "sentence",
    sentence: row.completion,
    label: row.prompt.includes("familyFriendly[yes]") ? 1 : 0,
  } as const;
});
const { train: taught, validation } = splitByKey(rows, ({ sentence }) => sentence, { share: 0.1, seed: 1 });

await chooseEngine();
const folder = openFolder(`${root}packages/tiny-model/model`);
const model = await loadModel(folder, { task: "sequence-classification", numLabels: 2, newHead: { seed: 1 } });
const tokenizer = await openTokenizer(folder);
const tokens = (examples: typeof taught) =>
  tokenizeExamples(examples, tokenizer, promptTemplate("plain"), { maxLength: 128 }).examples;

const config = createLoraConfig({ rank: 8, alpha: 16, targetModules: "all-linear", taskType: "SEQ_CLS" });
const adapter = injectAdapter(model, planInjection(model, config), { seed: 1 });
const [lessons, questions] = [tokens(taught), tokens(validation)];
const shared = { padId: tokenizer.padId, seed: 1 };

const before = await accuracy();
for await (const event of train<TokenBatch>({
  variables: adapter.variables,
  batches: (epoch) => batches(lessons, { ...shared, batchSize: 16, epoch }),
  loss: (batch, random) =>
    model.loss(batchTensors(batch), { training: true, adapters: activeAdapters(adapter.name), random }),
  steps,
  learningRate: 5e-3,
  schedule: "cosine",
  seed: 1,
})) {
  if (event.type === "step" && event.step % 20 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
}
console.log(`right before: ${percent(before)}, after: ${percent(await accuracy())} of ${questions.length} sentences`);

await writeAdapterFolder(out, await adapter.toAdapter(), { overwrite: true });
console.log(`adapter: ${out}`);

/** The share of the validation sentences whose likeliest class is theirs. */
async function accuracy(): Promise<number> {
  let right = 0;
  for (const batch of batches(questions, { ...shared, batchSize: 32, shuffle: false })) {
    const chosen = tf.tidy(() => {
      const logits = model.forward(batchTensors(batch), inferenceContext(activeAdapters(adapter.name))); // [batch, 2]
      return tf.argMax(logits, 1);
    });
    const classes = await chosen.data();
    chosen.dispose();
    right += batch.labels.filter((label, row) => label === classes[row]).length;
  }
  return right / questions.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
