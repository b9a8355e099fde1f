// Teaches a model of images to sort them: PNG files and a list of their classes become an adapter with the classifier in it,
// which loads in PEFT. Without arguments it draws its own images and learns on a small ViT with random weights.
// main.ts [MODEL-FOLDER TRAINING.jsonl QUESTIONS.jsonl [OUT]]

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createLoraConfig } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { readImagePreparation, shuffled } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { drawImages } from "./draw-images.ts";
import { type LabelledImage, readImages } from "./read-images.ts";

const root = new URL("../../", import.meta.url).pathname;
const [folder = `${root}fixtures/peft/vit/base`, lessonList, questionList, given] = process.argv.slice(2);
const out = given ?? `${root}runs/stripes`;
const drawn = `${root}runs/drawn-images`;

// The model's folder says how images are resized and normalized; the small ViT has no such file.
const file = `${folder}/preprocessor_config.json`;
const middle = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const preparation = readImagePreparation(
  existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : { size: 16, ...middle },
);
const lessons = await readImages(lessonList ?? (await drawImages(drawn, 240, 1)), preparation);
const questions = await readImages(questionList ?? (await drawImages(drawn, 60, 2)), preparation);
const classes = [...new Set(lessons.map(({ label }) => label))].sort();

await chooseEngine();
const model = await loadModel(openFolder(folder), {
  task: "image-classification",
  numLabels: classes.length,
  newHead: { seed: 1 },
});
// The classifier is trained whole and saved with the pairs. A model that knows images does with its queries and values.
const targetModules = lessonList === undefined ? "all-linear" : ["q_proj", "v_proj"];
const config = createLoraConfig({ rank: 8, alpha: 16, targetModules, modulesToSave: ["classifier"] });
const handle = injectAdapter(model, planInjection(model, config), { seed: 1, baseFingerprint: model.fingerprint });
const adapters = activeAdapters(handle.name);

/** A batch as tensors. Call it inside a tidy. */
function tensorsOf(rows: readonly LabelledImage[]) {
  const images = rows.map(({ values, height, width }) => tf.tensor3d(values, [3, height, width]));
  const labels = rows.map(({ label }) => classes.indexOf(label));
  return { pixelValues: tf.stack(images) as tf.Tensor4D, labels: tf.tensor1d(labels, "int32") };
}

function accuracy(): string {
  const right = questions.filter((question) =>
    tf.tidy(() => {
      const { pixelValues } = tensorsOf([question]);
      const logits = model.forward({ pixelValues }, inferenceContext(adapters));
      return classes[tf.argMax(logits, 1).dataSync()[0] ?? 0] === question.label;
    }),
  );
  return `${((100 * right.length) / questions.length).toFixed(0)} %`;
}

const batchSize = 16;

/** Of an epoch's order; a last batch that is not full is left out. */
function batchesOf(order: readonly number[]): readonly (readonly LabelledImage[])[] {
  return Array.from({ length: Math.floor(order.length / batchSize) }, (_, index) =>
    order.slice(index * batchSize, (index + 1) * batchSize).flatMap((row) => lessons[row] ?? []),
  );
}

const before = accuracy();
const run = train<readonly LabelledImage[]>({
  variables: handle.variables,
  loss: (rows, random) => model.loss(tensorsOf(rows), { training: true, adapters, random }),
  batches: (epoch) => batchesOf(shuffled(lessons.length, 1 + epoch)),
  steps: lessonList === undefined ? 150 : 3 * Math.ceil(lessons.length / batchSize),
  learningRate: lessonList === undefined ? 1e-2 : 1e-3,
  schedule: "cosine",
});
for await (const event of run) {
  if (event.type === "step" && event.step % 25 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
}
console.log(`right before: ${before}, after: ${accuracy()} of ${questions.length} images (${classes.join(", ")})`);

await writeAdapterFolder(out, await handle.toAdapter(), { overwrite: true });
console.log(`adapter: ${out}`);
handle.dispose();
model.dispose();
