// node compute-everything.ts ENGINE FILE: computes every operation with its gradients at some drawn sizes and at large ones,
// and writes all numbers, as float32, into the file. Prints the lengths of the tensors as JSON.

import { writeFileSync } from "node:fs";
import { fc } from "@fast-check/vitest";
import { parseEngineName } from "../../src/choose/plan-engines.ts";
import { everyOperation } from "../operations/every-operation.ts";
import { inputsOf, valueAndGradients } from "../operations/run-use.ts";
import { useEngine } from "../test-engines.ts";

const [engine = "", file = ""] = process.argv.slice(2);
await useEngine(parseEngineName(engine, "the command line"));
const tensors: Float32Array[] = [];
for (const { uses, large } of everyOperation) {
  for (const use of [...fc.sample(uses, { seed: 20_261_125, numRuns: 3 }), ...large])
    tensors.push(...(await valueAndGradients(use.compute, use, inputsOf(use))));
}
writeFileSync(file, Buffer.concat(tensors.map(({ buffer }) => new Uint8Array(buffer))));
process.stdout.write(JSON.stringify(tensors.map(({ length }) => length)));
