// Convolutions one after the other, a gelu after each → mean over the image → fc. Images are NCHW. How wide a kernel is and
// in how many groups it works is read off the weights; steps, padding and gaps are told by the `doc` of the net's config.json:
// "conv1 3x3 s1 p1 -> gelu -> conv2 3x3 s2 p1 -> …", d for gaps.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import { ConvolutionSite } from "@lowrank/engine/hook-points";
import { gelu } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { linearOf, Net, type NetConfig, required, type Weights, weightOf } from "./net.ts";

export function convNet(weights: Weights, { doc = "" }: NetConfig = {}): Net {
  const paths = [...weights.keys()].flatMap((name) => /^(conv\d+)\.weight$/.exec(name)?.[1] ?? []).sort();
  const [, firstFeatures = 1] = weightOf(weights, `${paths[0]}.weight`).shape;
  let channels = firstFeatures;
  const layers = paths.map((path) => {
    const site = convolutionOf(weights, { path, inFeatures: channels, doc });
    channels = site.outFeatures;
    return site;
  });
  const last = linearOf(weights, "fc");
  return new Net([...layers, last], weights, ({ pixelValues }, context) => {
    const image = tf.transpose(required(pixelValues, "pixelValues"), [0, 2, 3, 1]); // [batch, height, width, channels]
    const hidden = layers.reduce<tf.Tensor>((x, layer) => gelu(layer.forward(x, context), "erf"), image);
    return last.forward(tf.mean(hidden, [1, 2]), context);
  });
}

function convolutionOf(
  weights: Weights,
  { path, inFeatures, doc }: { readonly path: string; readonly inFeatures: number; readonly doc: string },
): ConvolutionSite {
  const [outFeatures = 0, groupFeatures = 1, height = 1, width = 1] = weightOf(weights, `${path}.weight`).shape;
  return new ConvolutionSite({
    path,
    inFeatures,
    outFeatures,
    bias: weights.has(`${path}.bias`),
    geometry: { ...geometryIn(doc, path), kernel: [height, width], groups: inFeatures / groupFeatures },
  });
}

/** What a description says after a layer's name, up to the next arrow: "conv2 3x3 s2 p1x0 d1". */
function geometryIn(doc: string, path: string): Pick<ConvolutionGeometry, "strides" | "padding" | "dilations"> {
  const words = new RegExp(`\\b${path}\\b([^>]*)`).exec(doc)?.[1] ?? "";
  const pair = (name: string, fallback: number): [number, number] => {
    const found = new RegExp(`\\b${name}\\s*=?\\s*\\(?(\\d+)(?:\\s*[x×,]\\s*(\\d+))?`).exec(words);
    if (!found) return [fallback, fallback];
    return [Number(found[1]), Number(found[2] ?? found[1])];
  };
  return {
    strides: pair("s(?:tride)?", 1),
    padding: pair("p(?:ad|adding)?", 0),
    dilations: pair("d(?:il|ilation)?", 1),
  };
}
