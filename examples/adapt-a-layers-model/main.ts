// A convolutional classifier of tf.layers learns digits of one kind, then is adapted to another, from a hundred examples of each:
// by LoRA, by DoRA, by its last layer alone, and whole. main.ts [EPOCHS [OUT]]

import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { chooseEngine, registerGradients } from "@lowrank/engine";
import { enableLora, loraOf } from "@lowrank/hosts/layers";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type Sequential, sequential } from "@tensorflow/tfjs-layers";
import { coarseDigits, type Digits, mnistDigits, side } from "./digits.ts";

const [epochs = "15", out = new URL("../../runs/digits", import.meta.url).pathname] = process.argv.slice(2);

await chooseEngine();
registerGradients();

function classifier(): Sequential {
  const glorot = (seed: number) => ({ kernelInitializer: { className: "GlorotUniform", config: { seed } } as never });
  const settings = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  return sequential({
    layers: [
      layers.conv2d({ ...settings, ...glorot(1), filters: 32, inputShape: [side, side, 1], name: "strokes" }),
      layers.conv2d({ ...settings, ...glorot(2), filters: 64, strides: 2, name: "curves" }),
      layers.conv2d({ ...settings, ...glorot(3), filters: 128, strides: 2, name: "shapes" }),
      layers.flatten(),
      layers.dense({ ...glorot(4), units: 128, activation: "relu", name: "parts" }),
      layers.dense({ ...glorot(5), units: 10, activation: "softmax", name: "digit" }),
    ],
  });
}

const compile = (model: Sequential, rate: number) =>
  model.compile({ optimizer: tf.train.adam(rate), loss: "categoricalCrossentropy", metrics: ["accuracy"] });

const fit = async (model: Sequential, { images, labels }: Digits, count: number) => {
  const start = performance.now();
  await model.fit(images, labels, { epochs: count, batchSize: 32, verbose: 0 });
  return (performance.now() - start) / 1000 / count;
};

/** Per cent. */
function accuracy(model: Sequential, { images, labels }: Digits): number {
  const [loss, share] = model.evaluate(images, labels, { batchSize: 250 }) as tf.Scalar[];
  const percent = 100 * (share?.dataSync()[0] ?? 0);
  tf.dispose([loss!, share!]);
  return percent;
}

const pretrained = classifier();
compile(pretrained, 1e-3);
await fit(pretrained, await coarseDigits(), 10);
const [lessons, questions] = [mnistDigits(100, 0), mnistDigits(100, 200)];
console.log(
  `before: ${accuracy(pretrained, questions).toFixed(1)} % of ${questions.labels.shape[0]} digits of the other kind`,
);

interface Way {
  readonly name: string;
  readonly rate: number;
  /** Says what trains; returns how many numbers that are, and what is to be done at the end. */
  prepare(model: Sequential): { readonly trained: number; finish?(): Promise<void> };
}

const adapter = (name: string, useDora: boolean): Way => ({
  name,
  rate: 5e-3,
  prepare: (model) => {
    const handle = enableLora(model, { rank: 5, alpha: 10, config: { useDora } });
    const trained = [...handle.variables.values()].reduce((sum, { size }) => sum + size, 0);
    return {
      trained,
      finish: async () => void (await writeAdapterFolder(`${out}/${name}`, await loraOf(handle), { overwrite: true })),
    };
  },
});

const layersOnly = (name: string, isTrained: (layer: string) => boolean): Way => ({
  name,
  rate: 1e-3,
  prepare: (model) => {
    for (const layer of model.layers) layer.trainable = isTrained(layer.name);
    return { trained: model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0) };
  },
});

const ways = [
  adapter("LoRA", false),
  adapter("DoRA", true),
  layersOnly("last layer", (layer) => layer === "digit"),
  layersOnly("everything", () => true),
];
const whole = pretrained.countParams();
console.log("way         accuracy   trained numbers        seconds an epoch   MB to keep");
for (const { name, rate, prepare } of ways) {
  const model = classifier();
  model.setWeights(pretrained.getWeights());
  const { trained, finish } = prepare(model);
  compile(model, rate);
  const seconds = await fit(model, lessons, Number(epochs));
  const share = `${trained} (${((100 * trained) / whole).toFixed(1)} %)`;
  const cells = [
    `${accuracy(model, questions).toFixed(1)} %`.padEnd(10),
    share.padEnd(22),
    seconds.toFixed(2).padEnd(18),
  ];
  console.log(`${name.padEnd(11)} ${cells.join(" ")} ${((4 * trained) / 2 ** 20).toFixed(2)}`);
  await finish?.();
}
console.log(`adapters: ${out}`);
