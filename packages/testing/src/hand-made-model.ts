// A small model made by hand: an embedding, two blocks of linear layers, a norm's gain and a classifier. It has every
// kind of door that an adapter may open, and a forward pass short enough to check by eye.

import { type AdaptableModel, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { HandMadeParameter } from "./hand-made-parameter.ts";
import { HandMadeSite } from "./hand-made-site.ts";

/** Sizes of a hand-made model. */
export interface HandMadeModelOptions {
  readonly modelType?: string;
  readonly vocabulary?: number;
  readonly width?: number;
  readonly classes?: number;
  /** GPT-2's way of storing linear weights. */
  readonly fanInFanOut?: boolean;
  /** Whether "lm_head" shares the embedding's weight. */
  readonly tiedHead?: boolean;
  readonly seed?: number;
}

/**
 * Computes, for token ids [batch, time], logits [batch, time, classes]:
 * embed, then twice `x + up(tanh(query(x) · gain))`, then the classifier and a head over the vocabulary added up.
 */
export class HandMadeModel implements AdaptableModel {
  readonly modelType: string;
  readonly #sites: ReadonlyMap<string, HandMadeSite>;
  readonly #parameters: ReadonlyMap<string, HandMadeParameter>;

  constructor(options: HandMadeModelOptions = {}) {
    const { vocabulary = 11, width = 6, classes = 3, fanInFanOut = false, tiedHead = false, seed = 1 } = options;
    this.modelType = options.modelType ?? "llama";
    const numbers = numbersFrom(seed);
    const matrix = (rows: number, columns: number) => tf.tensor2d(numbers(rows * columns), [rows, columns]);
    const parameters = [
      ...[0, 1].flatMap((layer) => [
        new HandMadeParameter(`model.layers.${layer}.self_attn.q_proj.bias`, tf.tensor1d(numbers(width + 2))),
        new HandMadeParameter(`model.layers.${layer}.input_norm.weight`, tf.tensor1d(numbers(width))),
      ]),
      new HandMadeParameter("classifier.weight", matrix(width, classes), true),
      new HandMadeParameter("classifier.bias", tf.tensor1d(numbers(classes))),
    ];
    this.#parameters = new Map(parameters.map((parameter) => [parameter.path, parameter]));
    const biasOf = (path: string) => (context: ForwardContext) => this.parameter(path).value(context);
    const sites = [
      new HandMadeSite({
        kind: "embedding",
        path: "model.embed_tokens",
        role: "input-embedding",
        weight: matrix(vocabulary, width),
        ...(tiedHead ? { tiedWith: "lm_head" } : {}),
      }),
      ...[0, 1].flatMap((layer) => [
        new HandMadeSite({
          path: `model.layers.${layer}.self_attn.q_proj`,
          weight: matrix(width, width + 2),
          bias: biasOf(`model.layers.${layer}.self_attn.q_proj.bias`),
          fanInFanOut,
        }),
        new HandMadeSite({ path: `model.layers.${layer}.mlp.up_proj`, weight: matrix(width + 2, width), fanInFanOut }),
      ]),
      new HandMadeSite({
        path: "lm_head",
        role: "output-head",
        weight: matrix(width, vocabulary),
        ...(tiedHead ? { tiedWith: "model.embed_tokens" } : {}),
      }),
    ];
    this.#sites = new Map(sites.map((site) => [site.path, site]));
  }

  sites(): readonly HandMadeSite[] {
    return [...this.#sites.values()];
  }

  parameters(): readonly HandMadeParameter[] {
    return [...this.#parameters.values()];
  }

  site(path: string): HandMadeSite {
    const site = this.#sites.get(path);
    if (!site) throw new Error(`The hand-made model has no site "${path}".`);
    return site;
  }

  parameter(path: string): HandMadeParameter {
    const parameter = this.#parameters.get(path);
    if (!parameter) throw new Error(`The hand-made model has no parameter "${path}".`);
    return parameter;
  }

  /** Scores [batch, time, vocabulary + classes] of token ids [batch, time]. */
  forward(ids: tf.Tensor2D, context: ForwardContext = inferenceContext()): tf.Tensor3D {
    return tf.tidy(() => {
      let hidden = this.site("model.embed_tokens").apply(ids, context); // [batch, time, width]
      for (const layer of [0, 1]) {
        const gain = this.parameter(`model.layers.${layer}.input_norm.weight`).value(context);
        const query = this.site(`model.layers.${layer}.self_attn.q_proj`).apply(tf.mul(hidden, gain), context);
        hidden = tf.add(hidden, this.site(`model.layers.${layer}.mlp.up_proj`).apply(tf.tanh(query), context));
      }
      const logits = this.site("lm_head").apply(hidden, context); // [batch, time, vocabulary]
      const weight = this.parameter("classifier.weight").value(context) as tf.Tensor2D;
      const rows = tf.reshape(hidden, [-1, weight.shape[0]]); // [batch·time, width]
      const bias = this.parameter("classifier.bias").value(context);
      const flat = tf.add(tf.matMul(rows, weight), bias); // [batch·time, classes]
      const scores = tf.reshape(flat, [ids.shape[0], ids.shape[1], weight.shape[1]]);
      return tf.concat([logits, scores], 2) as tf.Tensor3D;
    });
  }

  dispose(): void {
    for (const site of this.#sites.values()) site.dispose();
    for (const parameter of this.#parameters.values()) parameter.dispose();
  }
}

/** Repeatable numbers between −0.5 and 0.5 (mulberry32). */
function numbersFrom(seed: number): (count: number) => number[] {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  };
  return (count) => Array.from({ length: count }, next);
}
