// Invariant 7, for DoRA. Its norm is a constant of the gradient (section 4.3 of its paper), so differences of its own loss
// are not its gradient; those of W' = m·(W + s·ΔW)/c, with c held at the norm that there is, are.

import { activeAdapters } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import type { AdaptedSite } from "@lowrank/inject/internal";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectDifferences, gradientsOf } from "./runs.ts";
import { onCpu, type Subject, withSubject } from "./subjects.ts";
import { moved, variants } from "./variants.ts";

onCpu();

/** DoRA with its own initialization, or on a table that two modules share, is the same arithmetic. */
const ofDora = variants.filter(({ config, isTied }) => config.useDora && config.init === undefined && !isTied);

describe("7. the gradients of DoRA agree with finite differences of a weight whose norm is held", () => {
  it.each(ofDora)("$name", (variant) =>
    withSubject(variant.subject, (subject) => {
      const handle = moved(subject, variant);
      const loss = () => subject.loss({ adapters: activeAdapters("default") });
      const norms = handle.sites.map((site) => tf.tidy(() => lengthsOf(directionOf(handle, site))));
      const held = () => lossWithHeld(subject, handle, norms);
      expect(numberOf(held)).toBeCloseTo(numberOf(loss), 5);
      expectDifferences(handle, gradientsOf(handle, loss), { loss: held, entries: 3 });
      tf.dispose(norms);
      handle.dispose();
    }),
  );
});

function numberOf(loss: () => tf.Scalar): number {
  return tf.tidy(() => loss().dataSync()[0]!);
}

/** The base's loss with every adapted weight replaced by m·(W + s·ΔW)/c. */
function lossWithHeld(subject: Subject, handle: AdapterHandle, norms: readonly tf.Tensor[]): tf.Scalar {
  const restores = handle.sites.map((adapted, index) => {
    const magnitude = handle.variables.get(`${adapted.site.path}.lora_magnitude_vector`)!; // [outFeatures]
    const scale = tf.div(tf.reshape(magnitude, [-1]), norms[index]!);
    return adapted.site.replaceWeight(tf.keep(tf.mul(directionOf(handle, adapted), scale)));
  });
  const loss = subject.loss();
  for (const restore of restores.reverse()) restore();
  return loss;
}

/** W + s·ΔW with the axes of `readWeight`, outFeatures last; ΔW multiplied out from the halves as files have them. */
function directionOf(handle: AdapterHandle, { site, lora, keys, scaling }: AdaptedSite): tf.Tensor {
  const { outFeatures, inFeatures, geometry } = site;
  const a = tf.reshape(handle.inFileLayout(keys.a, lora.a), [lora.rank, -1]); // [rank, inFeatures·kernel]
  const b = tf.reshape(handle.inFileLayout(keys.b, lora.b), [outFeatures, lora.rank]);
  const product = tf.matMul(b, a); // [outFeatures, inFeatures·kernel]
  const delta = geometry
    ? tf.transpose(tf.reshape(product, [outFeatures, inFeatures, ...geometry.kernel]), [2, 3, 1, 0])
    : tf.transpose(product);
  return tf.add(site.readWeight(), tf.mul(delta, scaling));
}

/** [outFeatures] */
function lengthsOf(weight: tf.Tensor): tf.Tensor {
  const others = weight.shape.slice(1).map((_, axis) => axis);
  return tf.sqrt(tf.sum(tf.square(weight), others));
}
