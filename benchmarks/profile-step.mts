import { activeAdapters } from "@lowrank/contracts";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { addAdapter, loadRandomModel, startEngine } from "./src/ours/adapted-model.ts";
import { inputsOf, randomBatch } from "./src/ours/random-batch.ts";
import { receivedSettings } from "./src/settings.ts";

const settings = receivedSettings();
console.log(await startEngine());
const model = await loadRandomModel(settings);
const rss = () => ((process.memoryUsage().rss / 1e6) | 0) + "MB peak " + ((process.resourceUsage().maxRSS / 1e3) | 0);
console.log("loaded", rss());
const { name, variables } = addAdapter(model, settings);
const steps = train({
  variables,
  batches: () => [randomBatch(settings)],
  loss: (batch, random) =>
    model.loss(inputsOf(batch, settings), { training: true, adapters: activeAdapters(name), random }),
  steps: 1e6,
  learningRate: 1e-4,
  schedule: "constant",
  clipNorm: null,
});
await steps.next();
const K: Record<string, [number, number]> = {};
if (process.env.PROF)
  for (const k of tf.getKernelsForBackend(tf.getBackend())) {
    const f = k.kernelFunc;
    (k as any).kernelFunc = (p: any) => {
      const s = performance.now();
      const r = f(p);
      const o = Array.isArray(r) ? r[0] : r;
      let nm = k.kernelName;
      if (nm.includes("MatMul"))
        nm +=
          " " +
          p.inputs.a.shape +
          (p.attrs.transposeA ? "T" : "") +
          " x " +
          p.inputs.b.shape +
          (p.attrs.transposeB ? "T" : "");
      else if (process.env.SH) nm += " " + o?.shape;
      K[nm] ??= [0, 0];
      K[nm]![0] += performance.now() - s;
      K[nm]![1]++;
      return r;
    };
  }
const n = +(process.env.N ?? 8);
const ts: number[] = [];
for (let i = 0; i < n; i++) {
  for (const k in K) delete K[k];
  const s = performance.now();
  await steps.next();
  ts.push(performance.now() - s);
}
console.log(
  ts.map((t) => t.toFixed(0)).join(" "),
  rss(),
  "pool",
  ((tf.backend() as any).pool?.bytes / 1e6) | 0,
  "tensors",
  tf.memory().numTensors,
  ((tf.memory().numBytes / 1e6) | 0) + "MB",
);
const rows = Object.entries(K)
  .sort((a, b) => b[1][0] - a[1][0])
  .slice(0, 45);
console.log(
  "kernels",
  Object.values(K)
    .reduce((s, k) => s + k[0], 0)
    .toFixed(0),
  "ms",
  Object.values(K).reduce((s, k) => s + k[1], 0),
);
for (const [k, [t, c]] of rows) console.log(t.toFixed(1).padStart(8), String(c).padStart(5), k);
process.exit(0);
