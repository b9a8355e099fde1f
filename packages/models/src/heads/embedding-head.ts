// One state for a whole text or image, to be compared with others: its answer is that state, and it has no loss by itself.

import * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../errors.ts";
import type { Layer } from "../parts/pass.ts";
import type { Head } from "./head.ts";

/** `pool` makes [batch, features] of all states. */
export function embeddingHead(pool: Layer): Head {
  return {
    forward: (states, pass) => tf.tidy(() => pool(states, pass)),
    losses: () => {
      const message = "one tower alone has no loss; load the model of both and train how its texts fit its images";
      throw new ModelInputError("labels", message);
    },
  };
}
