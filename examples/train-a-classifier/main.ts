// Teaches a language model to sort sentences: is the restaurant that a sentence speaks of one for families? The adapter
// that it writes has the new classifier in it, and loads in PEFT as one of task type SEQ_CLS.

import { splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { openModel } from "lowrank";

const root = new URL("../../", import.meta.url).pathname;
const out = process.argv[2] ?? `${root}runs/family-friendly`;

// Rows as a data file has them; the class is one of the facts that the sentence says. No sentence is in both parts.
const said = await readDataFile(`${root}data/e2e/e2e-devset.csv`, { columns: { prompt: "mr", completion: "ref" } });
const rows = said.flatMap((row) => {
  if (row.kind !== "completion" || !row.prompt.includes("familyFriendly")) return [];
  const label = row.prompt.includes("familyFriendly[yes]") ? "for families" : "not for families";
  return [{ sentence: row.completion, label }];
});
const { train: lessons, validation: questions } = splitByKey(rows, ({ sentence }) => sentence, {
  share: 0.05,
  seed: 1,
});

const classes = ["for families", "not for families"];
const model = await openModel(`${root}packages/tiny-model/model`, { task: "sequence-classification", classes });
const adapter = model.adapt({ rank: 8, targetModules: "all-linear" }, { seed: 1 });
const before = await model.evaluate(questions);
for await (const event of adapter.train(lessons, {
  steps: 60,
  batchSize: 16,
  learningRate: 5e-3,
  schedule: "cosine",
})) {
  if (event.type === "step" && event.step % 20 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
}
const after = await model.evaluate(questions);
const percent = (share = 0) => `${(100 * share).toFixed(0)} %`;
console.log(`right before: ${percent(before.accuracy)}, after: ${percent(after.accuracy)} of ${after.rows} sentences`);

await adapter.save(out, { overwrite: true });
console.log(`adapter: ${out}`);
model.dispose();
