// Sites: nodes of a graph on which an adapter can act.

import type { OnnxNode, OnnxTensor } from "../model/onnx-model.ts";

/** One node with a frozen weight, or several nodes that together compute a product in 8 bits. */
export interface OnnxSite {
  readonly kind: "linear" | "embedding" | "convolution";
  /** The module's possible names, the most reliable first. */
  readonly names: readonly string[];
  readonly node: OnnxNode;
  /** Name of the input: states [..., inFeatures]; token ids of an embedding. */
  readonly input: string;
  readonly output: string;
  /** The node that computes the output. */
  readonly last: OnnxNode;
  /** The weight, if its values are floats. A quantized weight cannot be changed. */
  readonly weight: OnnxWeight | undefined;
  /** ONNX's number of the type of the states. */
  readonly stateType: number;
  /** inFeatures and outFeatures of a linear site, if they are in the file. */
  readonly features: readonly [number, number] | undefined;
  /** The module's position, if several modules share the node and the weight. */
  readonly joined: JoinedPart | undefined;
}

/** A module among several whose outputs are concatenated in one product. */
interface JoinedPart {
  /** The ends of their paths, in order. */
  readonly modules: readonly string[];
  /** outFeatures of each. */
  readonly widths: readonly number[];
  readonly index: number;
}

/** A weight and its layout. */
export interface OnnxWeight {
  readonly tensor: OnnxTensor;
  /** "out-in": like torch's Linear, and convolutions with the kernel after it. "in-out": like MatMul. */
  readonly layout: "out-in" | "in-out";
}

/** A range of a weight's outputs. */
export interface Outputs {
  readonly begin: number;
  readonly end: number;
}

/** The outputs of a joined module; undefined if the module has all. */
export function outputsOf({ joined }: OnnxSite): Outputs | undefined {
  if (joined === undefined) return undefined;
  const begin = joined.widths.slice(0, joined.index).reduce((sum, width) => sum + width, 0);
  return { begin, end: begin + (joined.widths[joined.index] ?? 0) };
}
