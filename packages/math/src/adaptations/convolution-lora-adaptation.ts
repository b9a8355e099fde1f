// LoRA at a convolution: output + s·B(A(x)), where A is a convolution with the site's own stride, padding and dilation and
// B one of single pixels (PEFT's `Conv2d`). PEFT gives A no dilation, so that its branch does not fit the output of a
// dilated layer; here it has the layer's, which is what the merged weight computes.

import type { AdaptationCall, ConvolutionGeometry, Site } from "@lowrank/contracts";
import { convolve, dropout } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { GroupedConvolutionError } from "../errors.ts";
import { kernelInFile, kernelLayout } from "../update/file-layout.ts";
import type { LoraPair, PairLayout } from "../update/lora-pair.ts";
import { pairDelta } from "../update/low-rank-delta.ts";
import { checkDropout, checkScale, type LoraAdaptationOptions } from "./lora-adaptation.ts";
import type { LowRankAdaptation } from "./low-rank-adaptation.ts";

/** How it is made: as any LoRA adaptation, and with the shape of the convolution. */
export interface ConvolutionLoraOptions extends LoraAdaptationOptions {
  readonly geometry: ConvolutionGeometry;
}

/**
 * Adds a pair's update to a convolution's output. The pair's A is [height·width·inFeatures, rank], its B [rank/groups,
 * outFeatures].
 *
 * Throws SettingError.
 */
export class ConvolutionLoraAdaptation implements LowRankAdaptation {
  readonly pair: LoraPair;
  readonly dropout: number;
  readonly variables: readonly tf.Variable[];
  readonly geometry: ConvolutionGeometry;
  readonly #adapterName: string;
  #scale: number;

  constructor(options: ConvolutionLoraOptions) {
    const { pair, scale, dropout = 0, adapterName = "default", geometry } = options;
    this.pair = pair;
    this.dropout = checkDropout("ConvolutionLoraAdaptation", dropout);
    this.variables = pair.variables;
    this.geometry = geometry;
    this.#adapterName = adapterName;
    this.#scale = checkScale("ConvolutionLoraAdaptation", scale);
  }

  get scale(): number {
    return this.#scale;
  }

  set scale(scale: number) {
    this.#scale = checkScale("ConvolutionLoraAdaptation", scale);
  }

  apply({ input, output, site, context, weight }: AdaptationCall): tf.Tensor {
    const rate = context.training ? this.dropout : 0;
    return tf.tidy(() => {
      const path = `${this.#adapterName}/${site.path}`;
      const branchInput = rate === 0 ? input : dropout(input, rate, { ...context.random, path });
      return tf.add(output, this.#update(branchInput, this.#scale * weight));
    });
  }

  /** HWIO; throws GroupedConvolutionError, because a grouped kernel has no place for what A sees beyond its group. */
  delta(strength: number): tf.Tensor {
    const { kernel, groups } = this.geometry;
    if (groups > 1) throw new GroupedConvolutionError(groups);
    const { inFeatures, outFeatures } = this.pair;
    return tf.tidy(() => {
      const flat = pairDelta(this.pair, this.#scale * strength); // [height·width·inFeatures, outFeatures]
      return tf.reshape(flat, [...kernel, inFeatures / (kernel[0] * kernel[1]), outFeatures]);
    });
  }

  fold(weight: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(weight, this.delta(1)));
  }

  /** [batch, newHeight, newWidth, outFeatures] */
  #update(x: tf.Tensor, scale: number): tf.Tensor {
    const { a, b } = this.pair;
    const { kernel, groups } = this.geometry;
    const down = tf.reshape(a, [...kernel, a.shape[0] / (kernel[0] * kernel[1]), a.shape[1]]);
    const up = tf.reshape(tf.mul(b, scale), [1, 1, b.shape[0], b.shape[1]]);
    const narrow = convolve(x, down, { ...this.geometry, groups: 1 }); // [batch, newHeight, newWidth, rank]
    return convolve(narrow, up, { kernel: [1, 1], strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups });
  }
}

/** What must be known of a convolution to lay out its pair. */
export type ConvolutionShape = Pick<Site, "inFeatures" | "outFeatures"> & { readonly geometry: ConvolutionGeometry };

/** How both halves of a convolution's pair lie in files: A (rank, in, height, width), B (out, rank/groups, 1, 1). */
export function convolutionPairLayout(site: ConvolutionShape, rank: number): PairLayout {
  const { kernel, groups, axesInFile } = site.geometry;
  const point = { kernel: [1, 1], axesInFile } as const;
  return {
    a: kernelLayout({ kernel, inFeatures: site.inFeatures, outFeatures: rank, axesInFile }),
    b: kernelLayout({ ...point, inFeatures: rank / groups, outFeatures: site.outFeatures }),
    groups,
  };
}

/** Shapes in files of what an adapter has at a convolution. */
export function convolutionFileShapes(
  site: ConvolutionShape,
  rank: number,
): { readonly a: readonly number[]; readonly b: readonly number[]; readonly magnitude: readonly number[] } {
  const { kernel, groups, axesInFile = 2 } = site.geometry;
  const ones = kernelInFile([1, 1], axesInFile);
  return {
    a: [rank, site.inFeatures, ...kernelInFile(kernel, axesInFile)],
    b: [site.outFeatures, rank / groups, ...ones],
    magnitude: [1, site.outFeatures, ...ones],
  };
}
