// The adapter's settings.

import { duration, megabytes } from "./figures.ts";

export const adapt = {
  title: "2 · Adapt",
  lead: "How much may change. The model itself stays as it is: what it learns goes into two thin strips beside each layer.",
  rank: "Rank – how wide the strips are",
  targets: "Layers that learn",
  trainable: "Numbers that learn",
  ofAll: (count: number, share: number) =>
    `${count.toLocaleString("en")} (${(100 * share).toFixed(share < 0.001 ? 3 : 2)} %)`,
  file: "The file to take home",
  memory: "Memory while it learns",
  step: "Time for a step",
  unknown: "–",
  measure: "Measure",
  measuring: "measuring…",
  megabytes,
  duration,
  more: "More settings",
  name: "Name of the adapter",
  watched: "Ask this again while it learns",
  steps: "Steps",
  batchSize: "Rows a step",
  learningRate: "Learning rate",
  schedule: "The learning rate",
  schedules: { cosine: "falls gently (cosine)", linear: "falls evenly (linear)", constant: "stays" },
  alpha: "Alpha – how strongly the strips act",
  dropout: "Dropout – left out by chance, against learning by heart",
  seed: "Seed – the same one gives the same run",
  held: "Rows held out to measure with",
  heldShare: (share: number) => (share === 0 ? "none" : `${Math.round(100 * share)} %`),
  start: "Strips start",
  starts: {
    gaussian: "at random (Gaussian)",
    kaiming: "at random (Kaiming, PEFT's default)",
    pissa: "from the weights' largest directions (PiSSA, slow to begin)",
    olora: "from orthonormal directions (OLoRA)",
    orthogonal: "orthogonal",
  },
  dora: "DoRA – lengths learn apart from directions",
  reset: "Settings as at first",
};
