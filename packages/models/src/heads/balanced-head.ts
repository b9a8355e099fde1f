// A head whose loss also balances the experts of a mixture, as transformers' output_router_logits asks for.

import * as tf from "@tensorflow/tfjs-core";
import type { Head } from "./head.ts";

/** The head with `scale` times that loss beside its own, for each label that counts. */
export function balancedHead(head: Head, scale: number): Head {
  return {
    forward: (states, pass) => head.forward(states, pass),
    ...(head.plan === undefined ? {} : { plan: head.plan }),
    losses(labels, pass) {
      const { of } = head.losses(labels, pass);
      const routing = pass.recordRouting();
      // All states are computed: the last layer's router is asked for all tokens, too.
      return {
        of: (states) => {
          const { sum, count } = of(states);
          return { sum: tf.add<tf.Scalar>(sum, tf.mul(routing.loss(), scale * count)), count };
        },
      };
    },
  };
}
