// A convolution: output + s·B(A(x)). A is a convolution with the layer's stride, padding and dilation, B a 1×1 convolution
// (PEFT's `Conv2d`). PEFT gives A no dilation, so its branch does not fit a dilated layer. Here A has the layer's dilation, like
// the merged weight.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import { dropout } from "@lowrank/engine";
import { convolve } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { groupedConvolutionError } from "../errors.ts";
import { toAB } from "../update/factor.ts";
import { kernelInFile, kernelLayout } from "../update/file-layout.ts";
import { loraDelta } from "../update/low-rank-delta.ts";
import type { Layer, SiteKind } from "./layer-kind.ts";
import { linear } from "./linear.ts";

/** A is [height·width·inFeatures, rank], B [rank/groups, outFeatures]. */
export const convolution: SiteKind = {
  // PEFT initializes A and B like those of a linear layer over the whole window.
  ...linear,
  refusal: ({ geometry }, rank) => {
    if (geometry === undefined) return "its stride, padding and groups are unknown";
    const { groups } = geometry;
    return rank % groups === 0 ? null : `its ${groups} groups do not divide the rank ${rank}`;
  },
  /** In files A is (rank, in, height, width) and B (out, rank/groups, 1, 1). */
  specs: (layer, rank) => {
    const { inFeatures, outFeatures } = layer;
    const { kernel, groups, axesInFile = 2 } = geometryOf(layer);
    const share = rank / groups;
    const [a, b] = linear.specs({ inFeatures: kernel[0] * kernel[1] * inFeatures, outFeatures }, rank);
    return [
      {
        ...a,
        fileShape: [rank, inFeatures, ...kernelInFile(kernel, axesInFile)],
        layout: kernelLayout({ kernel, inFeatures, outFeatures: rank, axesInFile }),
      },
      {
        ...b,
        shape: [share, outFeatures],
        fileShape: [outFeatures, share, ...kernelInFile([1, 1], axesInFile)],
        layout: kernelLayout({ kernel: [1, 1], axesInFile, inFeatures: share, outFeatures }),
        groups,
      },
    ];
  },
  /** On [batch, height, width, inFeatures]; the result is [batch, newHeight, newWidth, outFeatures]. */
  add: ({ input, output, layer, dropout: draw }, { a, b }, scale) => {
    const dropped = draw === undefined ? input : dropout(input, draw.rate, draw.key);
    const geometry = geometryOf(layer);
    const { kernel, groups } = geometry;
    const down = tf.reshape(a, [...kernel, a.shape[0] / (kernel[0] * kernel[1]), a.shape[1]]);
    const up = tf.reshape(tf.mul(b, scale), [1, 1, ...b.shape]);
    const narrow = convolve(dropped, down, { ...geometry, groups: 1 }); // [batch, newHeight, newWidth, rank]
    const point = { kernel: [1, 1], strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups } as const;
    return tf.add(output, convolve(narrow, up, point));
  },
  /** HWIO. Throws GROUPED_CONVOLUTION: a grouped kernel cannot store weights for inputs outside its group. */
  delta: (update, scale, layer) => {
    const { kernel, groups } = geometryOf(layer);
    if (groups > 1) throw groupedConvolutionError(groups);
    return tf.tidy(() => {
      const flat = loraDelta(update, scale); // [height·width·inFeatures, outFeatures]
      return tf.reshape(flat, [...kernel, flat.shape[0] / (kernel[0] * kernel[1]), flat.shape[1]]);
    });
  },
  /**
   * For groups as in PEFT (0.21.2, `get_lora_weight`): the product of both factors in file layout, with `groups` rows of B joined
   * to one, read in the order of the weight.
   */
  deltaForNorms: (update, scale, layer) => {
    const { kernel, groups } = geometryOf(layer);
    if (groups === 1) return convolution.delta(update, scale, layer);
    return tf.tidy(() => {
      const { a, b } = toAB(update);
      const [rank, outFeatures] = [a.shape[1], b.shape[1]];
      const inFeatures = a.shape[0] / (kernel[0] * kernel[1]);
      const down = tf.transpose(tf.reshape(a, [...kernel, inFeatures, rank]), [3, 2, 0, 1]);
      const up = tf.reshape(tf.transpose(b), [outFeatures / groups, rank]);
      const flat = tf.matMul(up, tf.mul(tf.reshape(down, [rank, a.shape[0]]), scale));
      return tf.transpose(tf.reshape(flat, [outFeatures, inFeatures / groups, ...kernel]), [2, 3, 1, 0]);
    });
  },
  rowSides: ({ a, b }, layer) => {
    const { kernel, axesInFile } = geometryOf(layer);
    const [windowFeatures, rank] = a.shape;
    const sizes = { kernel, axesInFile, inFeatures: windowFeatures / (kernel[0] * kernel[1]), outFeatures: rank };
    return { ...linear.rowSides({ a, b }, {}), right: { tensor: a, layout: kernelLayout(sizes) } };
  },
  tokenAxis: null,
  weightLayout: () => ({
    toFile: (weight) => tf.transpose(weight, [3, 2, 0, 1]),
    fromFile: (weight) => tf.transpose(weight, [2, 3, 1, 0]),
  }),
  outputsInFile: ({ outFeatures, geometry }) => [1, outFeatures, ...kernelInFile([1, 1], geometry?.axesInFile)],
  problemOfMerging: ({ geometry }) =>
    geometry === undefined || geometry.groups === 1
      ? null
      : `the update of a convolution in ${geometry.groups} groups does not fit its weight`,
};

/** Planning refuses convolutions without a geometry. */
function geometryOf({ path = "", geometry }: Pick<Layer, "path" | "geometry">): ConvolutionGeometry {
  if (!geometry) throw new TypeError(`The convolution "${path}" has no geometry.`);
  return geometry;
}
