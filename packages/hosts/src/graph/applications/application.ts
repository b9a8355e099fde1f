// A node that computes with a weight: its site, and the conversions between the node's tensors and the site's.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { GraphNode, Reference } from "../reading/graph.ts";
import type { Activation } from "./activation.ts";

/** The shape of a constant that is used as a matrix, and may have more than two axes. */
export interface LinearShape {
  readonly kind: "linear";
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Whether the rows are outputs, after the axes are reordered. */
  readonly isTransposed: boolean;
  /** The order of axes that makes it a matrix; absent: unchanged. */
  readonly axes?: readonly number[];
}

/** The kind of a constant's site. */
export type SiteShape =
  | LinearShape
  | { readonly kind: "embedding"; readonly rows: number; readonly width: number }
  | {
      readonly kind: "convolution";
      readonly inFeatures: number;
      readonly outFeatures: number;
      readonly geometry: ConvolutionGeometry;
    };

/** A node that a site replaces. */
export interface Application {
  readonly node: string;
  /** The constant with the weight. */
  readonly weight: string;
  readonly shape: SiteShape;
  /** The input of the product. */
  readonly input: Reference;
  /** Added to the site's output, along its last axis. */
  readonly bias?: Reference | undefined;
  readonly activation?: Activation | undefined;
  /** Converts the node's input to the site's. */
  toSiteInput(input: tf.Tensor): tf.Tensor;
  /** Converts the site's output to the node's, before bias and activation. */
  fromSiteOutput(output: tf.Tensor): tf.Tensor;
  /** Converts the node's output back to the site's. */
  toSiteOutput(output: tf.Tensor): tf.Tensor;
}

/** A node with a weight that cannot be a site. */
export interface Refusal {
  readonly node: string;
  readonly op: string;
  readonly weight: string;
  readonly reason: string;
}

export interface Constants {
  /** The constant of a reference, also through nodes that pass it on unchanged; undefined if there is none. */
  find(reference: Reference | undefined): Constant | undefined;
}

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  /** The value of a constant that is one integer; undefined for others. */
  readonly value: number | undefined;
}

/** Recognizes an operation; undefined if the node has no weight. */
export type Recognize = (node: GraphNode, constants: Constants) => Application | Refusal | undefined;

export function isRefusal(found: Application | Refusal): found is Refusal {
  return "reason" in found;
}

export function refusal({ name, op }: GraphNode, weight: string, reason: string): Refusal {
  return { node: name, op, weight, reason };
}

export function asItIs(tensor: tf.Tensor): tf.Tensor {
  return tensor;
}
