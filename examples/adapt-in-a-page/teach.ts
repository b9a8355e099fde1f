// Two ways to teach the same pictures: a last layer on features as they are, as such pages do, and a last layer while LoRA changes
// how the features are made.

import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { shuffled } from "@lowrank/data";
import { crossEntropy } from "@lowrank/engine";
import type { GraphHost } from "@lowrank/hosts/graph";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { features, layersToAdapt } from "./backbone.ts";

/** Pictures with what they show. */
export interface Lessons {
  /** [pictures, side, side, 3], from 0 to 255. */
  readonly pictures: tf.Tensor4D;
  /** [pictures], the number of the class of each. */
  readonly labels: tf.Tensor1D;
  readonly classes: number;
}

/** What was taught. */
export interface Taught {
  /** Probabilities [pictures, classes]. */
  classify(pictures: tf.Tensor4D): tf.Tensor2D;
  /** How many numbers were trained. */
  readonly trained: number;
  /** The adapter of the backbone, where it has one. */
  readonly handle?: AdapterHandle;
  dispose(): void;
}

/** The last layer reads features less their mean, in units of how much they vary. */
interface Scale {
  readonly mean: tf.Tensor;
  readonly deviation: tf.Tensor;
}

export async function teachLastLayer(host: GraphHost, lessons: Lessons): Promise<Taught> {
  const known = featuresOf(host, lessons.pictures, inferenceContext());
  const scale = scaleOf(known);
  const head = newHead(known.shape[1], lessons.classes);
  const run = train({
    variables: head,
    loss: () => {
      const shrinking = tf.mul(1e-3, tf.sum(tf.square(head.get("weight")!)));
      return tf.add(crossEntropy(logits(known, scale, head), lessons.labels), shrinking) as tf.Scalar;
    },
    batches: () => [0],
    steps: 200,
    learningRate: 0.01,
    weightDecay: 0,
  });
  for await (const _ of run);
  known.dispose();
  return taught(host, { scale, head, context: inferenceContext() });
}

/** Yields how much of the teaching is done, from 0 to 1, and the loss; returns what was taught. */
export async function* teachInside(
  host: GraphHost,
  { pictures, labels, classes }: Lessons,
  epochs = 16,
): AsyncGenerator<{ readonly share: number; readonly loss: number }, Taught> {
  const known = featuresOf(host, pictures, inferenceContext());
  const scale = scaleOf(known);
  const head = newHead(known.shape[1], classes);
  known.dispose();
  const config = createLoraConfig({ rank: 8, alpha: 16, targetModules: layersToAdapt(host) });
  const handle = injectAdapter(host, planInjection(host, config), { seed: 1, baseFingerprint: host.fingerprint });
  const adapters = activeAdapters(handle.name);
  const count = labels.size;
  const size = Math.min(9, count);
  const steps = Math.floor(count / size) * epochs;
  const run = train<Pick<Lessons, "pictures" | "labels">>({
    variables: new Map([...handle.variables, ...head]),
    loss: (batch, random) => {
      const seen = pooled(host, batch.pictures, { training: true, adapters, random });
      return crossEntropy(logits(seen, scale, head), batch.labels) as tf.Scalar;
    },
    batches: function* (epoch) {
      const order = shuffled(count, epoch + 1);
      for (let start = 0; start + size <= count; start += size) {
        const rows = tf.tensor1d(order.slice(start, start + size), "int32");
        const chosen = tf.gather(pictures, rows);
        // A picture shows the same in a mirror: every other batch is turned.
        const batch = {
          pictures: (start / size + epoch) % 2 === 0 ? tf.clone(chosen) : tf.reverse(chosen, 2),
          labels: tf.gather(labels, rows),
        };
        yield batch;
        tf.dispose([rows, chosen, batch.pictures, batch.labels]);
      }
    },
    epochs,
    learningRate: 3e-4,
    learningRateGroups: [{ matches: (name) => head.has(name), factor: 10 }],
    schedule: "cosine",
  });
  const result = taught(host, { scale, head, context: inferenceContext(adapters), handle });
  try {
    for await (const event of run) if (event.type === "step") yield { share: event.step / steps, loss: event.loss };
    return result;
  } catch (error) {
    result.dispose();
    throw error;
  }
}

/** How many of the lessons it gets right, from 0 to 1. */
export async function accuracy({ classify }: Taught, { pictures, labels }: Lessons): Promise<number> {
  const share = tf.tidy(() => {
    const guesses = tf.argMax(classify(pictures), 1);
    return tf.mean(tf.cast(tf.equal(guesses, tf.cast(labels, guesses.dtype)), "float32"));
  });
  const [value = 0] = await share.data();
  share.dispose();
  return value;
}

interface Parts {
  readonly scale: Scale;
  readonly head: ReadonlyMap<string, tf.Variable>;
  readonly context: ForwardContext;
  readonly handle?: AdapterHandle;
}

function taught(host: GraphHost, { scale, head, context, handle }: Parts): Taught {
  const variables = [...head.values(), ...(handle?.variables.values() ?? [])];
  return {
    classify: (pictures) =>
      tf.tidy(() => tf.softmax(logits(featuresOf(host, pictures, context), scale, head)) as tf.Tensor2D),
    trained: variables.reduce((sum, variable) => sum + variable.size, 0),
    ...(handle === undefined ? {} : { handle }),
    dispose: () => {
      tf.dispose([...head.values(), scale.mean, scale.deviation]);
      handle?.dispose();
    },
  };
}

/** [pictures, channels]: each channel's mean over the picture. */
function pooled(host: GraphHost, pictures: tf.Tensor4D, context: ForwardContext): tf.Tensor2D {
  return tf.mean(host.forward(pictures, context, features), [1, 2]);
}

/** The same for many pictures, some at a time. */
function featuresOf(host: GraphHost, pictures: tf.Tensor4D, context: ForwardContext): tf.Tensor2D {
  return tf.tidy(() => {
    const pieces: tf.Tensor2D[] = [];
    for (let start = 0; start < pictures.shape[0]; start += 16) {
      const count = Math.min(16, pictures.shape[0] - start);
      pieces.push(tf.tidy(() => pooled(host, tf.slice4d(pictures, [start, 0, 0, 0], [count, -1, -1, -1]), context)));
    }
    return tf.concat2d(pieces, 0);
  });
}

function scaleOf(known: tf.Tensor2D): Scale {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(known, 0);
    return { mean, deviation: tf.add(tf.sqrt(variance), 0.05) };
  });
}

function newHead(width: number, classes: number): ReadonlyMap<string, tf.Variable> {
  const [weight, bias] = [tf.zeros([width, classes]), tf.zeros([classes])];
  const head = new Map([
    ["weight", tf.variable(weight)],
    ["bias", tf.variable(bias)],
  ]);
  tf.dispose([weight, bias]);
  return head;
}

function logits(known: tf.Tensor2D, { mean, deviation }: Scale, head: Parts["head"]): tf.Tensor2D {
  const scaled = tf.div<tf.Tensor2D>(tf.sub(known, mean), deviation);
  return tf.add(tf.matMul<tf.Tensor2D>(scaled, head.get("weight") as tf.Variable<tf.Rank.R2>), head.get("bias")!);
}
