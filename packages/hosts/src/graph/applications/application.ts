// A node that computes with a weight: what its site is, and what stands between the node's tensors and the site's.

import type { ConvolutionGeometry } from "@lowrank/contracts";
import type * as tf from "@tensorflow/tfjs-core";
import type { GraphNode, Reference } from "../reading/graph.ts";
import type { Activation } from "./activation.ts";

/** A constant that is a matrix, perhaps with more axes than two. */
export interface LinearShape {
  readonly kind: "linear";
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Whether its rows, once the axes are in order, are outputs. */
  readonly isTransposed: boolean;
  /** The constant's axes in the order in which it is a matrix; absent: as they lie. */
  readonly axes?: readonly number[];
}

/** What kind of site a constant is. */
export type SiteShape =
  | LinearShape
  | { readonly kind: "embedding"; readonly rows: number; readonly width: number }
  | {
      readonly kind: "convolution";
      readonly inFeatures: number;
      readonly outFeatures: number;
      readonly geometry: ConvolutionGeometry;
    };

/** A node that a site computes in its place. */
export interface Application {
  readonly node: string;
  /** The constant with the weight. */
  readonly weight: string;
  readonly shape: SiteShape;
  /** What the weight is applied to. */
  readonly input: Reference;
  /** Added to the site's output, along its last axis. */
  readonly bias?: Reference | undefined;
  readonly activation?: Activation | undefined;
  /** The node's input as the site takes it. */
  enter(input: tf.Tensor): tf.Tensor;
  /** The site's output as the node's, before bias and activation. */
  leave(output: tf.Tensor): tf.Tensor;
  /** Back from the node's output to the site's. */
  retrace(output: tf.Tensor): tf.Tensor;
}

/** A node with a weight that no site can stand for. */
export interface Refusal {
  readonly node: string;
  readonly op: string;
  readonly weight: string;
  readonly reason: string;
}

export interface Constants {
  /** The constant behind a reference, through nodes that hand it on as it is; undefined where there is none. */
  find(reference: Reference | undefined): Constant | undefined;
}

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  /** Of one whole number; undefined of others. */
  readonly value: number | undefined;
}

/** What a row says of a node; undefined where it computes with no weight. */
export type Recognise = (node: GraphNode, constants: Constants) => Application | Refusal | undefined;

export function isRefusal(found: Application | Refusal): found is Refusal {
  return "reason" in found;
}

/** A node with a weight that no site can stand for. */
export function refusal({ name, op }: GraphNode, weight: string, reason: string): Refusal {
  return { node: name, op, weight, reason };
}

export function asItIs(tensor: tf.Tensor): tf.Tensor {
  return tensor;
}
