// Teaches a converted TensorFlow model, the Universal Sentence Encoder, whether a sentence praises or complains: once by a logistic
// regression on its embeddings as they are, once by LoRA inside the graph. The merged model then runs in TensorFlow.js alone.
// main.ts [OUT [TRAINING.tsv QUESTIONS.tsv]]: lines of a sentence, a tab and 0 or 1, as SST-2 has them

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { shuffled, splitByKey } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { chooseEngine, crossEntropy } from "@lowrank/engine";
import { graphModelFiles, graphModelReader, mergedArtifacts } from "@lowrank/hosts/graph";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { train } from "@lowrank/trainer";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { openEncoder } from "./open-encoder.ts";

interface Row {
  readonly sentence: string;
  readonly label: number;
}

const root = new URL("../../", import.meta.url).pathname;
const [out = `${root}runs/praise`, lessonFile, questionFile] = process.argv.slice(2);
const { lessons, questions } = lessonFile && questionFile ? await given(lessonFile, questionFile) : await restaurants();
await chooseEngine();
const { host, inputsOf } = await openEncoder();
const width = 512;
const base = inferenceContext();

// 1. What the embeddings know already: a logistic regression on top of them.
const head = { weight: tf.variable(tf.zeros([width, 2])), bias: tf.variable(tf.zeros([2])) };
const frozen = await embeddings(lessons, base);
const labels = tf.tensor1d(
  lessons.map(({ label }) => label),
  "int32",
);
await fit(
  train({
    variables: new Map(Object.entries(head)),
    loss: () => tf.add(crossEntropy(logits(frozen), labels), tf.mul(1e-4, tf.sum(tf.square(head.weight)))) as tf.Scalar,
    batches: () => [0],
    steps: 300,
    learningRate: 0.1,
    weightDecay: 0,
  }),
);
frozen.dispose();
const before = await accuracy(base);

// 2. The same head, and LoRA in every product inside. Each batch is prepared outside the tape: this graph has shapes that depend on
// values, which TensorFlow.js runs asynchronously.
const config = createLoraConfig({ rank: 8, alpha: 16, targetModules: "all-linear", dropout: 0.1 });
const handle = injectAdapter(host, planInjection(host, config), { seed: 1, baseFingerprint: host.fingerprint });
const adapters = activeAdapters(handle.name);
const batchSize = 32;
const epochs = 3;
const started = performance.now();
await fit(
  train<{ readonly inputs: tf.NamedTensorMap; readonly labels: tf.Tensor1D }>({
    variables: new Map([...handle.variables, ...Object.entries(head)]),
    loss: (batch, random) => {
      const embedded = host.forward(batch.inputs, { training: true, adapters, random });
      return crossEntropy(logits(embedded), batch.labels) as tf.Scalar;
    },
    batches: async function* (epoch) {
      const order = shuffled(lessons.length, epoch + 1);
      for (let start = 0; start + batchSize <= order.length; start += batchSize) {
        const rows = order.slice(start, start + batchSize).flatMap((row) => lessons[row] ?? []);
        const inputs = await prepared(rows, inferenceContext(adapters));
        const batch = {
          inputs,
          labels: tf.tensor1d(
            rows.map(({ label }) => label),
            "int32",
          ),
        };
        yield batch;
        tf.dispose([batch.labels, inputs]);
      }
    },
    epochs,
    learningRate: 2e-3,
    schedule: "cosine",
  }),
);
const seconds = (performance.now() - started) / 1000 / epochs;
const after = await accuracy(inferenceContext(adapters));

const trained = [...handle.variables.values()].reduce((sum, { size }) => sum + size, 0);
const headSize = 2 * width + 2;
console.log(
  `${tf.getBackend()}, ${lessons.length} sentences to learn, ${questions.length} questions; ${seconds.toFixed(0)} s an epoch`,
);
console.log(`logistic regression on frozen embeddings: ${percent(before)} right, ${headSize} numbers trained`);
console.log(`LoRA inside the graph, same head:         ${percent(after)} right, ${trained + headSize} numbers trained`);

// 3. A model of TensorFlow.js again, for wherever the first one ran.
const [probe] = questions;
const expected = await embeddings([probe!], inferenceContext(adapters));
await mergeAdapter(host, handle);
await mkdir(out, { recursive: true });
for (const [name, bytes] of graphModelFiles((await mergedArtifacts(host)).artifacts))
  await writeFile(`${out}/${name}`, bytes);
const plain = await loadGraphModel(graphModelReader((name) => readFile(`${out}/${name}`)));
const got = (await plain.executeAsync(inputsOf([probe!.sentence]))) as tf.Tensor;
console.log(`merged: ${out}, differs by ${tf.max(tf.abs(tf.sub(got, expected))).dataSync()[0]}`);

function logits(embedded: tf.Tensor): tf.Tensor2D {
  return tf.add(tf.matMul<tf.Tensor2D>(tf.mul(embedded, 4), head.weight), head.bias);
}

async function prepared(rows: readonly Row[], context: ForwardContext): Promise<tf.NamedTensorMap> {
  const inputs = inputsOf(rows.map(({ sentence }) => sentence));
  try {
    return await host.prepare(inputs, { context });
  } finally {
    tf.dispose(inputs);
  }
}

/** [rows, width] */
async function embeddings(rows: readonly Row[], context: ForwardContext): Promise<tf.Tensor2D> {
  const pieces: tf.Tensor[] = [];
  for (let start = 0; start < rows.length; start += 64) {
    const inputs = await prepared(rows.slice(start, start + 64), context);
    pieces.push(host.forward(inputs, context));
    tf.dispose(inputs);
  }
  const all = tf.concat(pieces) as tf.Tensor2D;
  tf.dispose(pieces);
  return all;
}

async function accuracy(context: ForwardContext): Promise<number> {
  const embedded = await embeddings(questions, context);
  const guesses = tf.tidy(() => tf.argMax(logits(embedded), 1).dataSync());
  embedded.dispose();
  return questions.filter(({ label }, row) => guesses[row] === label).length / questions.length;
}

async function fit(
  run: AsyncIterable<{ readonly type: string; readonly step?: number; readonly loss?: number }>,
): Promise<void> {
  for await (const { type, step = 0, loss = 0 } of run)
    if (type === "step" && step % 50 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

async function given(lessonFile: string, questionFile: string) {
  const read = async (path: string) =>
    (await readFile(path, "utf8")).split("\n").flatMap((line): Row[] => {
      const [sentence = "", label] = line.split("\t");
      return label === undefined ? [] : [{ sentence, label: Number(label) }];
    });
  return { lessons: await read(lessonFile), questions: await read(questionFile) };
}

/** What people wrote of restaurants whose guests were pleased, or not; no sentence is in both parts. */
async function restaurants() {
  const said = await readDataFile(`${root}data/e2e/e2e-devset.csv`, { columns: { prompt: "mr", completion: "ref" } });
  const rows = said.flatMap((row): Row[] => {
    const rating =
      row.kind === "completion"
        ? /customer rating\[(high|5 out of 5|low|1 out of 5)\]/.exec(row.prompt)?.[1]
        : undefined;
    if (row.kind !== "completion" || rating === undefined) return [];
    return [{ sentence: row.completion, label: rating === "high" || rating === "5 out of 5" ? 1 : 0 }];
  });
  const { train, validation } = splitByKey(rows, ({ sentence }) => sentence, { share: 0.3, seed: 1 });
  return { lessons: train.slice(0, 640), questions: validation.slice(0, 400) };
}
