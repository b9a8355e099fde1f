// (IA)³ (Liu et al. 2022): keys, values and the states between the feed-forward layers, each feature times a learned number.

import * as tf from "@tensorflow/tfjs-core";
import { sitesOf, weightOf } from "./block-sites.ts";
import type { Method } from "./method.ts";
import { OpenedHookPoints } from "./opened-hook-points.ts";

export const ia3: Method = {
  name: "ia3",
  label: "(IA)³",
  group: "scaled states",
  learningRate: 4e-2,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    for (const site of [...sitesOf(model, "key"), ...sitesOf(model, "value")]) {
      const scales = hookPoints.variable(`${site.path}.ia3_l`, tf.ones([site.outFeatures]));
      hookPoints.attach(site, { variables: [scales], apply: ({ output }) => tf.mul(output, scales) });
    }
    // Here the layer's input is scaled, and (x ⊙ l)·W is x·(l ⊙ W).
    for (const site of sitesOf(model, "feedForwardOutput")) {
      const scales = hookPoints.variable(`${site.path}.ia3_l`, tf.ones([site.inFeatures]));
      const rows = () => tf.reshape(scales, [site.inFeatures, 1]);
      hookPoints.override(weightOf(model, site), (weight) => tf.mul(weight, rows()), [scales]);
    }
    hookPoints.trainNewHead();
    return hookPoints;
  },
};
