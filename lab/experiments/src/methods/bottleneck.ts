// Adapter layers: down to a few features, an activation, up again, added to what the layer gave.

import type { Site } from "@lowrank/contracts";
import type { AdaptationCall } from "@lowrank/contracts/internal";
import { gelu } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { sitesOf } from "./block-sites.ts";
import type { Method } from "./method.ts";
import { OpenedHookPoints } from "./opened-hook-points.ts";

/** Features in the middle of a layer. */
const bottleneck = 16;

/** Houlsby et al. 2019: after attention's output and after the feed-forward layer, before the sum and its norm. */
export const houlsbyAdapters: Method = {
  name: "adapter-houlsby",
  label: `adapter layers, two a block (Houlsby), ${bottleneck} wide`,
  group: "added layers",
  learningRate: 2e-3,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    for (const site of [...sitesOf(model, "attentionOutput"), ...sitesOf(model, "feedForwardOutput")])
      addLayer(hookPoints, site, (x) => gelu(x, "erf"));
    hookPoints.trainNewHead();
    return hookPoints;
  },
};

/**
 * Pfeiffer et al. 2021 found one layer in each block, after the feed-forward layer, enough. Theirs reads the sum after its
 * norm; this one reads the input of Houlsby's second layer, because the norm comes after that hook point.
 */
export const pfeifferAdapters: Method = {
  name: "adapter-pfeiffer",
  label: `adapter layers, one a block (as Pfeiffer), ${bottleneck} wide`,
  group: "added layers",
  learningRate: 4e-3,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    for (const site of sitesOf(model, "feedForwardOutput")) addLayer(hookPoints, site, (x) => tf.relu(x));
    hookPoints.trainNewHead();
    return hookPoints;
  },
};

function addLayer(hookPoints: OpenedHookPoints, site: Site, activate: (x: tf.Tensor) => tf.Tensor): void {
  const { path, outFeatures: width } = site;
  // Near 0, so that training starts from the model itself.
  const drawn = (name: string, shape: readonly number[]) =>
    hookPoints.variable(`${path}.adapter.${name}`, hookPoints.drawn(`${path}.adapter.${name}`, shape, 1e-2));
  const down = drawn("down.weight", [width, bottleneck]);
  const downBias = hookPoints.variable(`${path}.adapter.down.bias`, tf.zeros([bottleneck]));
  const up = drawn("up.weight", [bottleneck, width]);
  const upBias = hookPoints.variable(`${path}.adapter.up.bias`, tf.zeros([width]));
  hookPoints.attach(site, {
    variables: [down, downBias, up, upBias],
    apply: ({ output }: AdaptationCall) =>
      tf.tidy(() => {
        const rows = tf.reshape(output, [-1, width]); // [batch·time, width]
        const middle = activate(tf.add(tf.matMul(rows, down as tf.Tensor2D), downBias));
        const added = tf.add(tf.matMul(middle as tf.Tensor2D, up as tf.Tensor2D), upBias);
        return tf.add(output, tf.reshape(added, output.shape));
      }),
  });
}
