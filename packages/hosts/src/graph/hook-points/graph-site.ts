// The site of a constant. It shares the constant's values with the graph model, so that they are in memory once.

import { ConvolutionSite, EmbeddingSite, LinearSite, OverridableParameter } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { LinearShape, SiteShape } from "../applications/application.ts";

type AnySite = LinearSite | EmbeddingSite | ConvolutionSite;

export interface GraphSiteOptions {
  readonly path: string;
  readonly constant: string;
  readonly shape: SiteShape;
  readonly weight: tf.Tensor;
  /** The constant that is added to its output, if no other node adds it. */
  readonly bias?: { readonly name: string; readonly path: string; readonly value: tf.Tensor } | undefined;
}

/** A site of a graph, with the conversion between its weight and the constant. */
export class GraphSite {
  constructor(
    readonly site: AnySite,
    private readonly options: GraphSiteOptions,
  ) {}

  get hasBias(): boolean {
    return this.site.hasBias;
  }

  /** Whether a merge replaced the weight or the bias. */
  get isReplaced(): boolean {
    return this.site.isReplaced || this.#bias?.isReplaced === true;
  }

  /** Constants that merges replaced, in the graph's layout; the caller disposes of the tensors. */
  replaced(): ReadonlyMap<string, tf.Tensor> {
    const { constant, bias } = this.options;
    const replaced = new Map<string, tf.Tensor>();
    if (this.site.isReplaced) replaced.set(constant, this.#read());
    if (bias !== undefined && this.#bias?.isReplaced) replaced.set(bias.name, this.#bias.read());
    return replaced;
  }

  get #bias(): OverridableParameter | undefined {
    return this.site.parameters().find((one) => one instanceof OverridableParameter && one.shape.length === 1) as
      | OverridableParameter
      | undefined;
  }

  #read(): tf.Tensor {
    const { shape, weight } = this.options;
    return tf.tidy(() => {
      const read = this.site.readWeight();
      return shape.kind === "linear" ? fromMatrix(read, weight.shape, shape) : read;
    });
  }
}

/** Makes a site. The model keeps both tensors. */
export function makeGraphSite(options: GraphSiteOptions): GraphSite {
  const { path, shape, weight, bias } = options;
  const common = { path, bias: bias !== undefined };
  const filledSite = (site: AnySite, stored: tf.Tensor) => {
    site.slots[0]?.fill(tf.keep(stored));
    if (bias !== undefined) site.slots[1]?.fill(tf.keep(tf.clone(bias.value)));
    return new GraphSite(site, options);
  };
  switch (shape.kind) {
    case "linear": {
      const { inFeatures, outFeatures, isTransposed } = shape;
      const layout = isTransposed ? "linear" : "conv1d";
      const biasPath = bias === undefined ? {} : { biasPath: bias.path };
      const site = new LinearSite({ ...common, inFeatures, outFeatures, layout, ...biasPath });
      return filledSite(site, toMatrix(weight, shape));
    }
    case "embedding":
      return filledSite(new EmbeddingSite({ path, rows: shape.rows, width: shape.width }), tf.clone(weight));
    case "convolution": {
      const { inFeatures, outFeatures, geometry } = shape;
      const site = new ConvolutionSite({ ...common, inFeatures, outFeatures, geometry });
      return filledSite(site, tf.transpose(weight, [3, 2, 0, 1]));
    }
  }
}

function toMatrix(weight: tf.Tensor, shape: LinearShape): tf.Tensor {
  return tf.tidy(() => tf.reshape(ordered(weight, shape.axes), matrixSizes(shape)));
}

/** Converts a weight [inFeatures, outFeatures] to the constant of `sizes`. */
function fromMatrix(matrix: tf.Tensor, sizes: readonly number[], shape: LinearShape): tf.Tensor {
  const { axes, isTransposed } = shape;
  const stored = isTransposed ? tf.transpose(matrix) : matrix;
  if (axes === undefined) return tf.reshape(stored, [...sizes]);
  const whole = tf.reshape(
    stored,
    axes.map((axis) => sizes[axis] ?? 0),
  );
  return tf.transpose(
    whole,
    axes.map((_, axis) => axes.indexOf(axis)),
  );
}

function ordered(weight: tf.Tensor, axes: readonly number[] | undefined): tf.Tensor {
  return axes?.some((axis, position) => axis !== position) ? tf.transpose(weight, [...axes]) : weight;
}

function matrixSizes({ inFeatures, outFeatures, isTransposed }: LinearShape): [number, number] {
  return isTransposed ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
}
