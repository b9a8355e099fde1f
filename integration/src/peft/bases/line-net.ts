// A net for torch's Conv1d, which no family of ours has: two convolutions along a line, a gelu after each → mean → fc.
// fixture_nets.py has the same net in torch.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConvolutionSite, LinearSite } from "@lowrank/engine/hook-points";
import { gelu, uniform } from "@lowrank/engine/internal";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import * as tf from "@tensorflow/tfjs-core";
import { Net, required, type Weights } from "../../parity/nets/net.ts";

/** Nested lists of numbers by the names that transformers' models have for them. */
export type Lists = Readonly<Record<string, readonly unknown[]>>;

/** The `model_type` in the net's config.json. */
export const lineNetType = "fixture_linenet";

/** The second one takes every other place. */
const convolutions = [
  { path: "conv1", inFeatures: 2, outFeatures: 6, stride: 1 },
  { path: "conv2", inFeatures: 6, outFeatures: 8, stride: 2 },
] as const;
const classes = 3;

/** The net with the given weights. It reads signals [batch, 2, time] as images of one row. */
export function lineNet(weights: Weights): Net {
  const layers = convolutions.map(
    ({ stride, ...widths }) =>
      new ConvolutionSite({
        ...widths,
        bias: true,
        geometry: {
          kernel: [1, 3],
          strides: [1, stride],
          padding: [0, 1],
          dilations: [1, 1],
          groups: 1,
          axesInFile: 1,
        },
      }),
  );
  const last = new LinearSite({ path: "fc", inFeatures: 8, outFeatures: classes, bias: true });
  return new Net([...layers, last], weights, ({ pixelValues }, context) => {
    const signal = tf.transpose(tf.squeeze<tf.Tensor3D>(required(pixelValues, "pixelValues"), [2]), [0, 2, 1]); // [batch, time, 2]
    const hidden = layers.reduce<tf.Tensor>((x, layer) => gelu(layer.forward(x, context), "erf"), signal);
    return last.forward(tf.mean(hidden, 1), context);
  });
}

/** Writes a net with drawn weights; returns a batch for it. */
export async function writeLineNet(folder: string): Promise<Lists> {
  const shapes = convolutions.flatMap(({ path, inFeatures, outFeatures }): [string, number[]][] => [
    [`${path}.weight`, [outFeatures, inFeatures, 3]],
    [`${path}.bias`, [outFeatures]],
  ]);
  const all = [...shapes, ["fc.weight", [classes, 8]], ["fc.bias", [classes]]] as const;
  const tensors = all.map(([path, shape]) => [path, float32Tensor([...shape], drawn([...shape], path))] as const);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify({ model_type: lineNetType }));
  await writeFile(join(folder, "model.safetensors"), serializeSafetensors(new Map(tensors)));
  const values = drawn([2, 2, 1, 9], "signals");
  const signals = [0, 1].map((row) =>
    [0, 1].map((channel) => [[...values.subarray(18 * row + 9 * channel).subarray(0, 9)]]),
  );
  return { pixel_values: signals, labels: [2, 0] };
}

function drawn(shape: number[], path: string): Float32Array {
  return tf.tidy(() => Float32Array.from(uniform(shape, -0.7, 0.7, { seed: 5, path }).dataSync()));
}
