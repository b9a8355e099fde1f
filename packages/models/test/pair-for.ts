// A and B with numbers, which the tests of plans attach to a site.

import type { Site } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { addLowRank } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/** An adaptation with A and B; the caller disposes of both. */
export function pairFor({ inFeatures, outFeatures }: Site, seed: number) {
  const wave = (shape: [number, number]) =>
    tf.tensor2d(
      Array.from({ length: shape[0] * shape[1] }, (_, index) => Math.sin(index * 1.7 + seed) / 4),
      shape,
    );
  const lowRank = { a: wave([inFeatures, 3]), b: wave([3, outFeatures]), scale: 1.5 };
  const apply: Adaptation["apply"] = ({ input, output, weight }) =>
    addLowRank(output, input, lowRank.a, lowRank.b, lowRank.scale * weight);
  return { variables: [], lowRank: () => lowRank, apply } satisfies Adaptation;
}
