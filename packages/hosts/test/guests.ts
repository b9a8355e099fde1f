// Small models, one for each class of layers and each way of putting layers together.

import * as tf from "@tensorflow/tfjs-core";
import {
  model as functional,
  input,
  type LayersModel,
  layers,
  type SymbolicTensor,
  sequential,
} from "@tensorflow/tfjs-layers";

/** A model, and what it is given. */
export interface Guest {
  readonly model: LayersModel;
  readonly inputs: tf.Tensor | tf.Tensor[];
}

type Layer = ReturnType<typeof layers.dense>;

function through(shape: readonly number[], ...made: readonly object[]): Guest {
  const model = sequential();
  model.add(layers.inputLayer({ inputShape: [...shape] }));
  for (const layer of made) model.add(layer as Layer);
  return { model, inputs: tf.randomNormal([2, ...shape], 0, 1, "float32", 17) };
}

function symbolic(tensor: unknown): SymbolicTensor {
  return tensor as SymbolicTensor;
}

/** Scales each channel, and mixes them by a matrix: weights that no class of tfjs-layers has. */
class Mixture extends layers.Layer {
  static className = "Mixture";
  #matrix: ReturnType<layers.Layer["addWeight"]> | undefined;

  override build(shape: number[]): void {
    const width = shape.at(-1)!;
    const begin = { apply: (sizes: number[]) => tf.randomNormal(sizes, 0, 0.5, "float32", 5) };
    this.#matrix = this.addWeight("mixing", [width, width], "float32", begin as never);
    super.build(shape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = Array.isArray(inputs) ? inputs : [inputs];
    return tf.tidy(() => tf.tanh(tf.matMul(x as tf.Tensor2D, this.#matrix!.read() as tf.Tensor2D)));
  }
}
tf.serialization.registerClass(Mixture as never);

/** The usual start of recurrent kernels needs operations as methods of tensors, which `@tensorflow/tfjs-core` alone has not. */
const recurrent = { recurrentInitializer: "glorotUniform" } as const;

const norm = { momentum: 0.5, betaInitializer: "randomNormal", gammaInitializer: "randomUniform" } as const;

const unsettled: Readonly<Record<string, () => Guest>> = {
  "Dense on three axes": () =>
    through([3, 4], layers.dense({ units: 5, activation: "elu", biasInitializer: "randomNormal" })),
  Conv1D: () =>
    through([9, 3], layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "tanh" })),
  "Conv1D, dilated": () => through([9, 3], layers.conv1d({ filters: 4, kernelSize: 3, dilationRate: 2 })),
  Conv2D: () =>
    through(
      [7, 6, 3],
      layers.conv2d({ filters: 4, kernelSize: [3, 2], activation: "relu", biasInitializer: "randomNormal" }),
    ),
  "Conv2D, same and strided": () =>
    through(
      [7, 6, 3],
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", useBias: false }),
      layers.conv2d({ filters: 2, kernelSize: 3, strides: [1, 2], padding: "same" }),
    ),
  "Conv2D, dilated": () =>
    through(
      [9, 8, 2],
      layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: 2, padding: "same" }),
      layers.conv2d({ filters: 3, kernelSize: 2, dilationRate: [2, 2] }),
    ),
  "Conv2D, pointwise": () =>
    through(
      [4, 4, 3],
      layers.conv2d({ filters: 5, kernelSize: 1 }),
      layers.conv2d({ filters: 2, kernelSize: 1, strides: 2 }),
    ),
  "Conv2D, channels first": () =>
    through([3, 6, 6], layers.conv2d({ filters: 4, kernelSize: 3, dataFormat: "channelsFirst" })),
  Conv3D: () => through([4, 5, 5, 2], layers.conv3d({ filters: 3, kernelSize: 2, padding: "same" })),
  Conv2DTranspose: () => through([4, 4, 3], layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2 })),
  DepthwiseConv2D: () =>
    through(
      [6, 6, 3],
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2, padding: "same", activation: "relu" }),
    ),
  SeparableConv2D: () => through([6, 6, 3], layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2 })),
  "a block of MobileNet": () =>
    through(
      [8, 8, 3],
      layers.conv2d({ filters: 4, kernelSize: 1, useBias: false }),
      layers.batchNormalization({ ...norm }),
      layers.reLU({ maxValue: 6 }),
      layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: "same", useBias: false }),
      layers.batchNormalization({ ...norm, scale: false }),
      layers.activation({ activation: "relu6" }),
      layers.conv2d({ filters: 3, kernelSize: 1 }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 2, activation: "softmax" }),
    ),
  Embedding: () => ({
    ...through([4], layers.embedding({ inputDim: 7, outputDim: 3 }), layers.dense({ units: 2 })),
    inputs: tf.tensor2d([
      [0, 6, 3, 3],
      [1, 2, 0, 5],
    ]),
  }),
  SimpleRNN: () => through([4, 3], layers.simpleRNN({ ...recurrent, units: 3 })),
  GRU: () => through([4, 3], layers.gru({ ...recurrent, units: 3, returnSequences: true, resetAfter: false } as never)),
  LSTM: () => through([4, 3], layers.lstm({ ...recurrent, units: 3 })),
  "a stack of cells": () =>
    through(
      [4, 3],
      layers.rnn({
        cell: [layers.lstmCell({ ...recurrent, units: 3 }), layers.gruCell({ ...recurrent, units: 2 })] as never,
      }),
    ),
  ConvLstm2D: () => through([3, 5, 5, 2], layers.convLstm2d({ ...recurrent, filters: 2, kernelSize: 2 }) as object),
  Bidirectional: () =>
    through(
      [4, 3],
      layers.bidirectional({ layer: layers.lstm({ ...recurrent, units: 2 }) as never, mergeMode: "concat" }),
    ),
  TimeDistributed: () =>
    through(
      [3, 4],
      layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
      layers.layerNormalization({}),
      layers.prelu({}),
    ),
  "a layer of one's own": () => through([4], new Mixture({ name: "own" }), layers.dense({ units: 2 })),
  "models in a model": () => {
    const inner = sequential({
      name: "inner",
      layers: [layers.dense({ units: 3, inputShape: [4], activation: "sigmoid" })],
    });
    const x = input({ shape: [4] });
    const middle = functional({
      name: "middle",
      inputs: x,
      outputs: symbolic(layers.dense({ units: 3 }).apply(inner.apply(x) as SymbolicTensor)),
    });
    const outer = input({ shape: [4] });
    const y = layers.dense({ units: 2 }).apply(middle.apply(outer) as SymbolicTensor);
    return {
      model: functional({ inputs: outer, outputs: symbolic(y) }),
      inputs: tf.randomNormal([2, 4], 0, 1, "float32", 17),
    };
  },
  "a layer used twice, two inputs and two outputs": () => {
    const [one, other] = [input({ shape: [4] }), input({ shape: [4] })];
    const shared = layers.dense({ units: 3, activation: "tanh" });
    const joined = layers.concatenate().apply([symbolic(shared.apply(one)), symbolic(shared.apply(other))]);
    const outputs = [layers.dense({ units: 2 }), layers.dense({ units: 1 })].map((head) =>
      symbolic(head.apply(symbolic(joined))),
    );
    const inputs = [1, 2].map((seed) => tf.randomNormal([2, 4], 0, 1, "float32", seed));
    return { model: functional({ inputs: [one, other], outputs }), inputs };
  },
};

/** By name. Their weights are the same each time, also those that start at zero. */
export const guests: Readonly<Record<string, () => Guest>> = Object.fromEntries(
  Object.entries(unsettled).map(([name, make]) => [name, () => settled(make())] as const),
);

function settled(guest: Guest): Guest {
  tf.tidy(() => {
    const { weights } = guest.model;
    const values = weights.map(({ shape, originalName }, index) => {
      const drawn = tf.randomNormal(shape as number[], 0, 0.5, "float32", 100 + index);
      return originalName.endsWith("variance") ? tf.add(tf.abs(drawn), 0.5) : drawn;
    });
    guest.model.setWeights(values);
  });
  return guest;
}
