// The states of images that a frozen encoder computes. Equal pixels have equal states in every epoch, so a run computes them once.

import type { ModelConfig } from "@lowrank/contracts/families";
import type { ImageStates } from "@lowrank/contracts/internal";
import { currentBackend, withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Backbone, runBackbone } from "../backbone/backbone.ts";
import { pixelsOf } from "../images/patch-embedding.ts";
import { Pass } from "../pass.ts";

/** An encoder of images and the part of its config that matters here. */
export interface ImageEncoder {
  readonly images: Backbone;
  readonly config: Pick<ModelConfig, "dropouts">;
}

/** Bytes of states that a run keeps; the encoder computes further images each time. */
const maxBytes = 2 ** 28;

/** The encoder's last states, [images, tokens, width]. Those in the context's `imageStates` are not computed again. */
export function imageStates(encoder: ImageEncoder, pass: Pass): tf.Tensor {
  const { imageStates: kept } = pass.context;
  if (kept === undefined || !isRepeatable(encoder, pass)) return runBackbone(encoder.images, pass);
  const pixels = pixelsOf(pass); // [images, channels, height, width]
  const keys = keysOf(pixels);
  const missing = keys.flatMap((key, image) => (kept.has(key) ? [] : [{ key, image }]));
  const computed = new Map<string, ImageStates>();
  if (missing.length > 0) {
    const indices = missing.map(({ image }) => image);
    const pixelValues = tf.gather(pixels, tf.tensor1d(indices, "int32"));
    const part = new Pass(pass.context, { ...pass.inputs, pixelValues });
    const states = withoutTape(() => runBackbone(encoder.images, part));
    part.dispose();
    const values = states.dataSync<"float32">();
    const size = values.length / missing.length;
    for (const [index, { key }] of missing.entries()) {
      computed.set(key, { values: values.slice(index * size, (index + 1) * size), shape: states.shape.slice(1) });
    }
  }
  const all = keys.flatMap((key) => kept.get(key) ?? computed.get(key) ?? []);
  for (const [key, states] of computed)
    if ((kept.size + 1) * states.values.byteLength <= maxBytes) kept.set(key, states);
  return tf.stack(all.map(({ values, shape }) => tf.tensor(values, [...shape])));
}

/** Whether an image has the same states in each call. The squares of a larger image see each other, so they have not. */
function isRepeatable({ images, config }: ImageEncoder, { context, inputs }: Pass): boolean {
  if (inputs.grids !== undefined || currentBackend()?.memory !== "process") return false;
  const parts = [images.embed, ...images.stages].flatMap((stage) => stage.parts);
  return Object.values(config.dropouts).every((rate) => rate === 0) && !parts.some((part) => part.isAdapted(context));
}

/** Two hashes of 32 bits of each image's pixels. */
function keysOf(pixels: tf.Tensor4D): readonly string[] {
  const values = pixels.dataSync();
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const size = words.length / pixels.shape[0];
  return Array.from({ length: pixels.shape[0] }, (_, image) => {
    // FNV-1a over words, once with their places. The shifts let high bits of a word reach low bits of the hash.
    let [one, two] = [0x811c9dc5, 0x01000193];
    for (let index = image * size; index < (image + 1) * size; index++) {
      const word = words[index] ?? 0;
      one = Math.imul(one ^ word, 0x01000193);
      one ^= one >>> 15;
      two = Math.imul(two ^ (word + index - image * size), 0x01000193);
      two ^= two >>> 13;
    }
    return `${one} ${two}`;
  });
}
