// What the mended wasm kernels gain. Run: node --conditions=lowrank-source --import tsx packages/engine/bench/wasm-kernels.ts
// Prints milliseconds (fastest of some rounds) as the backend came and as we leave it, interleaved so that both see the
// same machine.

import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import "../src/gradients.ts";
import { patchWasmKernels } from "../src/engines/wasm/patch-wasm-kernels.ts";
import { trainingStep } from "./training-step.ts";

interface Row {
  readonly what: string;
  readonly rounds: number;
  readonly run: () => void;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

const kernelNames = ["BatchMatMul", "Transpose", "Identity", "Sum"];

await tf.setBackend("wasm");
const original = kernelNames.map((name) => tf.getKernel(name, "wasm"));
patchWasmKernels(version_wasm);
const mended = kernelNames.map((name) => tf.getKernel(name, "wasm"));

const matrix = (...shape: number[]) => tf.randomNormal(shape);
const product = (a: tf.Tensor, b: tf.Tensor, tA: boolean, tB: boolean) => () =>
  void tf.tidy(() => tf.matMul(a, b, tA, tB));

const step = trainingStep();
const rows: readonly Row[] = [
  { what: "[512,256]·[256,1024]", rounds: 9, run: product(matrix(512, 256), matrix(256, 1024), false, false) },
  {
    what: "[512,1024]·[256,1024]ᵀ (gradient of x)",
    rounds: 5,
    run: product(matrix(512, 1024), matrix(256, 1024), false, true),
  },
  {
    what: "[512,256]ᵀ·[512,8] (gradient of A)",
    rounds: 9,
    run: product(matrix(512, 256), matrix(512, 8), true, false),
  },
  {
    what: "64 × [64,32]·[64,32]ᵀ (attention scores)",
    rounds: 9,
    run: product(matrix(64, 64, 32), matrix(64, 64, 32), false, true),
  },
  {
    what: "64 × [64,64]ᵀ·[64,32] (gradient of values)",
    rounds: 9,
    run: product(matrix(64, 64, 64), matrix(64, 64, 32), true, false),
  },
  {
    what: "64 × [1,64]·[100,64]ᵀ (generation)",
    rounds: 9,
    run: product(matrix(64, 1, 64), matrix(64, 100, 64), false, true),
  },
  { what: "[8,64,256]·[1,256,256]", rounds: 9, run: product(matrix(8, 64, 256), matrix(1, 256, 256), false, false) },
  { what: "transpose [768,3072]", rounds: 5, run: transposition(matrix(768, 3072)) },
  { what: "save (clone) [512,1024]", rounds: 9, run: copy(matrix(512, 1024)) },
  { what: "LoRA step, 4 layers of 256, 8 × 64 tokens, rank 8", rounds: 3, run: step },
];

print(`tfjs-backend-wasm ${version_wasm}, Node ${process.version}\n`);
print("| what | as it came, ms | mended, ms | times faster |\n|---|---|---|---|");
for (const { what, rounds, run } of rows) {
  const before: number[] = [];
  const after: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    before.push(timeWith(original, run));
    after.push(timeWith(mended, run));
  }
  const [slow, fast] = [Math.min(...before.slice(1)), Math.min(...after.slice(1))];
  print(`| ${what} | ${slow.toFixed(2)} | ${fast.toFixed(2)} | ${(slow / fast).toFixed(1)} |`);
}

function timeWith(kernels: readonly (tf.KernelConfig | undefined)[], run: () => void): number {
  for (const kernel of kernels) {
    if (kernel === undefined) continue;
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
  const start = performance.now();
  run();
  return performance.now() - start;
}

function transposition(x: tf.Tensor): () => void {
  return () => void tf.tidy(() => tf.transpose(x));
}

function copy(x: tf.Tensor): () => void {
  return () => tf.clone(x).dispose();
}
