// Places in a graph where an adapter can act.

import type { OnnxNode, OnnxTensor } from "../model/onnx-model.ts";

/** One node – or a chain of nodes that compute a product in 8 bits – with a frozen weight. */
export interface OnnxSite {
  readonly kind: "linear" | "embedding" | "convolution";
  /** What the exporters call the module: candidates, the surest first. */
  readonly names: readonly string[];
  readonly node: OnnxNode;
  /** Name of what goes in: states [..., inFeatures]; an embedding's token ids. */
  readonly input: string;
  /** Name of what comes out. */
  readonly output: string;
  /** The node that makes it. */
  readonly last: OnnxNode;
  /** The weight, if it is there as floats; a quantised one cannot be folded into. */
  readonly weight: OnnxWeight | undefined;
  /** ONNX's number of the states' type. */
  readonly stateType: number;
  /** inFeatures and outFeatures of a linear site, where the file says them. */
  readonly features: readonly [number, number] | undefined;
  /** Where several modules share the node and the weight, the module's place among them. */
  readonly joined: JoinedPlace | undefined;
}

/** A module among those whose outputs lie side by side in one product. */
interface JoinedPlace {
  /** What their paths end with, in order. */
  readonly modules: readonly string[];
  /** outFeatures of each. */
  readonly widths: readonly number[];
  readonly index: number;
}

/** A weight and how it lies. */
export interface OnnxWeight {
  readonly tensor: OnnxTensor;
  /** "out-in" as torch's Linear has it, "in-out" as MatMul multiplies; a convolution's is "out-in" with its kernel behind. */
  readonly layout: "out-in" | "in-out";
}

/** From one output of a weight to another. */
export interface Outputs {
  readonly begin: number;
  readonly end: number;
}

/** The outputs that are a module's; undefined where all are. */
export function outputsOf({ joined }: OnnxSite): Outputs | undefined {
  if (joined === undefined) return undefined;
  const begin = joined.widths.slice(0, joined.index).reduce((sum, width) => sum + width, 0);
  return { begin, end: begin + (joined.widths[joined.index] ?? 0) };
}
