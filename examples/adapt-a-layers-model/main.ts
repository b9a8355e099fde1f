// A convolutional classifier of tf.layers learns digits of one kind, then is adapted to another, from a hundred examples of each:
// by LoRA, by DoRA, by its last layer alone, and whole.
// main.ts [--epochs 15] [--seeds 1] [--questions 1000] [--choosing] [--out FOLDER]

import { parseArgs } from "node:util";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { chooseEngine, registerGradients } from "@lowrank/engine";
import { loraOf } from "@lowrank/hosts/layers";
import { meanAndError } from "../mean-and-error.ts";
import { accuracy, classifier, fit } from "./classifier.ts";
import { coarseDigits, mnistDigits } from "./digits.ts";
import { type Way, ways } from "./ways.ts";

const { values: asked } = parseArgs({
  options: {
    epochs: { type: "string", default: "15" },
    seeds: { type: "string", default: "1" },
    questions: { type: "string", default: "1000" },
    // Asks digits by which settings may be chosen, in place of those that the table is about.
    choosing: { type: "boolean", default: false },
    out: { type: "string", default: new URL("../../runs/digits", import.meta.url).pathname },
  },
});

await chooseEngine();
registerGradients();
const coarse = await coarseDigits();
const lessons = mnistDigits(100, 0);
const questions = asked.choosing ? mnistDigits(200, 100) : mnistDigits(Number(asked.questions) / 10, 300);

/** What came of one way, seed by seed. */
interface Outcome {
  readonly way: Way;
  readonly accuracies: number[];
  readonly seconds: number[];
  trained: number;
}
const outcomes: readonly Outcome[] = ways.map((way) => ({ way, accuracies: [], seconds: [], trained: 0 }));
let whole = 0;

for (let seed = 1; seed <= Number(asked.seeds); seed += 1) {
  const pretrained = classifier(seed);
  await fit(pretrained, coarse, { epochs: 10, rate: 1e-3, seed });
  whole = pretrained.countParams();
  const before = accuracy(pretrained, questions);
  console.log(`before: ${before.toFixed(1)} % of ${questions.labels.shape[0]} digits of the other kind (seed ${seed})`);
  for (const outcome of outcomes) {
    const { name, rate, prepare } = outcome.way;
    const model = classifier(seed);
    model.setWeights(pretrained.getWeights());
    const { trained, adapter } = prepare(model, seed);
    outcome.trained = trained;
    outcome.seconds.push(await fit(model, lessons, { epochs: Number(asked.epochs), rate, seed }));
    const right = accuracy(model, questions);
    outcome.accuracies.push(right);
    console.log(`seed ${seed}, ${name}: ${right.toFixed(1)} %`);
    if (adapter !== undefined) {
      await writeAdapterFolder(`${asked.out}/${name}`, await loraOf(adapter), { overwrite: true });
      adapter.dispose();
    }
    model.dispose();
  }
  pretrained.dispose();
}

console.log("way         accuracy        trained numbers    seconds an epoch   MB to keep");
for (const { way, accuracies, seconds, trained } of outcomes) {
  const cells = [
    `${meanAndError(accuracies)} %`.padEnd(15),
    `${trained} (${((100 * trained) / whole).toFixed(1)} %)`.padEnd(18),
    (seconds.reduce((sum, value) => sum + value, 0) / seconds.length).toFixed(2).padEnd(18),
  ];
  console.log(`${way.name.padEnd(11)} ${cells.join(" ")} ${((4 * trained) / 2 ** 20).toFixed(2)}`);
}
console.log(`adapters: ${asked.out}`);
