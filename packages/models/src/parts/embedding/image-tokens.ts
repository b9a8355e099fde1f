// A language model that reads images: the image encoder's states, projected to its width, replace the embeddings of image tokens.

import * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../backbone/backbone.ts";
import { rearrange, rearrangement } from "../images/rearrange.ts";
import type { Pass } from "../pass.ts";
import { type ImageEncoder, imageStates } from "./image-states.ts";

/**
 * `text` whose embedding also runs the encoder of images, if a call has any. The encoder's last stage makes [images, tokens, width], or more
 * features, which are 0 for tokens of texts.
 */
export function withImageTokens(text: Backbone, encoder: ImageEncoder): Backbone {
  const { images } = encoder;
  const parts = [images.embed, ...images.stages, text.embed].flatMap((stage) => stage.parts);
  const run = (pass: Pass) =>
    tf.tidy(() => {
      const tokens = text.embed.run(pass); // [batch, time, width]
      const { images: own } = pass;
      return own === undefined ? tokens : fillTokens(tokens, imageStates(encoder, own.pass), own.stateOf);
    });
  return { ...text, embed: { parts, run } };
}

/** `stateOf` has, for each of batch·time tokens, the number of the state that replaces it, or −1. */
function fillTokens(tokens: tf.Tensor, states: tf.Tensor, stateOf: readonly number[]): tf.Tensor {
  const [batch = 0, time = 0, textWidth = 0] = tokens.shape;
  const width = states.shape.at(-1) ?? 0;
  const count = states.size / width;
  const wide = width === textWidth ? tokens : tf.concat([tokens, tf.zeros([batch, time, width - textWidth])], 2);
  const all = tf.concat([tf.reshape(states, [1, count, width]), tf.reshape(wide, [1, stateOf.length, width])], 1);
  const order = stateOf.map((state, token) => (state < 0 ? count + token : state));
  return tf.reshape(rearrange(all, rearrangement(order, count + stateOf.length)), [batch, time, width]);
}
