// The backbone: a detector of objects for webcams, loaded from an address. Its own head is left aside; what is read are the features
// that the head would read.

import { type GraphHost, graphModel } from "@lowrank/hosts/graph";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";

/** Pixels of a picture along each side. */
export const side = 128;

/** Of the graph's nodes: [pictures, side / 32, side / 32, 480]. */
export const features = "tower_0/extern1/hard_swish/mul_1";

/** Convolutions behind the features, and the small ones that weigh channels, stay as they are. */
const isLeftAlone = /CenternetHead|squeeze_excite/i;

/** @param address of its model.json */
export async function openBackbone(address: string): Promise<GraphHost> {
  return graphModel(await loadGraphModel(forAnySize(tf.io.http(address))));
}

/** The names of the layers that learn. */
export function layersToAdapt(host: GraphHost): readonly string[] {
  return host.sites().flatMap(({ path, refusal }) => (refusal === undefined && !isLeftAlone.test(path) ? [path] : []));
}

interface Topology {
  readonly node: readonly { readonly op: string; readonly attr: { shape?: unknown } }[];
}

/** The file declares one picture of 512 × 512 pixels; its convolutions take any number of any size. */
function forAnySize(source: tf.io.IOHandler): tf.io.IOHandler {
  const free = { dim: ["-1", "-1", "-1", "3"].map((size) => ({ size })) };
  return {
    load: async () => {
      const artifacts = await source.load?.();
      if (artifacts === undefined) throw new Error("Nothing can be loaded from there.");
      const { node } = artifacts.modelTopology as Topology;
      for (const { op, attr } of node) if (op === "Placeholder") attr.shape = { shape: free };
      return artifacts;
    },
  };
}
