// Two ways to teach the encoder what sentences say: a logistic regression on its embeddings as they are, and the same head while LoRA
// changes how they are made.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type AdapterSelection, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { shuffled } from "@lowrank/data";
import { crossEntropy } from "@lowrank/engine";
import type { AdapterHandle } from "@lowrank/inject";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import type { Encoder } from "./open-encoder.ts";
import type { Row } from "./sentences.ts";

const width = 512;

/** What tells praise from complaint by an embedding. */
export type Head = ReturnType<typeof newHead>;

function newHead() {
  return { weight: tf.variable(tf.zeros([width, 2])), bias: tf.variable(tf.zeros([2])) };
}

export const headSize = 2 * width + 2;

/** How LoRA was found to learn most, on a part of SST-2 kept aside for choosing. */
export const settings: { readonly lora: Partial<LoraConfig>; readonly epochs: number; readonly learningRate: number } =
  {
    lora: { rank: 8, alpha: 16, targetModules: "all-linear", dropout: 0.1 },
    epochs: 3,
    learningRate: 2e-3,
  };

export async function teachHead(encoder: Encoder, lessons: readonly Row[]): Promise<Head> {
  const head = newHead();
  const frozen = await embeddings(encoder, lessons, inferenceContext());
  const labels = labelsOf(lessons);
  const run = train({
    variables: new Map(Object.entries(head)),
    loss: () =>
      tf.add(crossEntropy(logits(frozen, head), labels), tf.mul(1e-4, tf.sum(tf.square(head.weight)))) as tf.Scalar,
    batches: () => [0],
    steps: 300,
    learningRate: 0.1,
    weightDecay: 0,
  });
  for await (const _ of run);
  tf.dispose([frozen, labels]);
  return head;
}

/** What is taught, and where it is kept. */
export interface Inside {
  readonly encoder: Encoder;
  readonly handle: AdapterHandle;
  readonly adapters: AdapterSelection;
  /** Continues the training. */
  readonly head: Head;
  readonly seed: number;
}

/**
 * Teaches LoRA and the head. Each batch is prepared outside the tape: this graph has shapes that depend on values, which TensorFlow.js
 * runs asynchronously.
 *
 * @returns seconds an epoch
 */
export async function teachInside(
  { encoder, handle, adapters, head, seed }: Inside,
  lessons: readonly Row[],
): Promise<number> {
  const { epochs, learningRate } = settings;
  const size = 32;
  const started = performance.now();
  const run = train<{ readonly inputs: tf.NamedTensorMap; readonly labels: tf.Tensor1D }>({
    variables: new Map([...handle.variables, ...Object.entries(head)]),
    loss: ({ inputs, labels }, random) => {
      const embedded = encoder.host.forward(inputs, { training: true, adapters, random });
      return crossEntropy(logits(embedded, head), labels) as tf.Scalar;
    },
    batches: async function* (epoch) {
      const order = shuffled(lessons.length, seed + epoch);
      for (let start = 0; start + size <= order.length; start += size) {
        const rows = order.slice(start, start + size).flatMap((row) => lessons[row] ?? []);
        const batch = { inputs: await prepared(encoder, rows, inferenceContext(adapters)), labels: labelsOf(rows) };
        yield batch;
        tf.dispose([batch.labels, batch.inputs]);
      }
    },
    batchesPerEpoch: Math.floor(lessons.length / size),
    epochs,
    learningRate,
    schedule: "cosine",
  });
  for await (const event of run)
    if (event.type === "step" && event.step % 50 === 0)
      console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
  return (performance.now() - started) / 1000 / epochs;
}

/** Per cent of the questions. */
export async function rightAnswers(
  encoder: Encoder,
  head: Head,
  asked: { readonly rows: readonly Row[]; readonly context: ForwardContext },
): Promise<number> {
  const embedded = await embeddings(encoder, asked.rows, asked.context);
  const guesses = tf.tidy(() => tf.argMax(logits(embedded, head), 1).dataSync());
  embedded.dispose();
  return (100 * asked.rows.filter(({ label }, row) => guesses[row] === label).length) / asked.rows.length;
}

/** [rows, width], some at a time. */
export async function embeddings(
  encoder: Encoder,
  rows: readonly Row[],
  context: ForwardContext,
): Promise<tf.Tensor2D> {
  const pieces: tf.Tensor[] = [];
  for (let start = 0; start < rows.length; start += 64) {
    const inputs = await prepared(encoder, rows.slice(start, start + 64), context);
    pieces.push(encoder.host.forward(inputs, context));
    tf.dispose(inputs);
  }
  const all = tf.concat(pieces) as tf.Tensor2D;
  tf.dispose(pieces);
  return all;
}

async function prepared(
  { host, inputsOf }: Encoder,
  rows: readonly Row[],
  context: ForwardContext,
): Promise<tf.NamedTensorMap> {
  const inputs = inputsOf(rows.map(({ sentence }) => sentence));
  try {
    return await host.prepare(inputs, { context });
  } finally {
    tf.dispose(inputs);
  }
}

function logits(embedded: tf.Tensor, head: Head): tf.Tensor2D {
  return tf.add(tf.matMul<tf.Tensor2D>(tf.mul(embedded, 4), head.weight), head.bias);
}

function labelsOf(rows: readonly Row[]): tf.Tensor1D {
  return tf.tensor1d(
    rows.map(({ label }) => label),
    "int32",
  );
}
