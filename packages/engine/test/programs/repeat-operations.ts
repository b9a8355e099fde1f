// node repeat-operations.ts ENGINE STEPS: differentiates each operation of the table STEPS times, at some small sizes in turn.
// Prints as JSON what was held after a fifth of the steps and after all of them, and what each operation left behind in between.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { parseEngineName } from "../../src/choose/plan-engines.ts";
import { everyOperation } from "../operations/every-operation.ts";
import { type OperationCase, type OperationUse, sizeOf } from "../operations/operation-case.ts";
import { inputsOf } from "../operations/run-use.ts";
import { useEngine } from "../test-engines.ts";
import { type Holding, watchHolding } from "./holding.ts";

/** What this program prints. */
export interface Repeated {
  readonly held: readonly Holding[];
  /** By operation. */
  readonly left: Readonly<Record<string, Left>>;
}

interface Left {
  readonly numTensors: number;
  readonly numDataBuffers: number;
  readonly numBytes: number;
}

const [engine = "", steps = ""] = process.argv.slice(2);
await useEngine(parseEngineName(engine, "the command line"));
process.stdout.write(JSON.stringify(repeatAll(Number(steps))));

function repeatAll(count: number): Repeated {
  const watch = watchHolding(count);
  const operations = everyOperation.map((operation) => ({ ...operation, runs: smallUses(operation).map(startUse) }));
  const left: Record<string, Left> = {};
  for (let step = 1; step <= count; step++) {
    for (const { name, runs } of operations) {
      const before = tf.memory();
      runs[step % runs.length]?.step();
      if (step > watch.early) left[name] = sumOf(left[name], before, tf.memory());
    }
    watch.afterStep(step);
  }
  for (const { runs } of operations) for (const { stop } of runs) stop();
  return { held: watch.held, left };
}

function sumOf(sum: Left | undefined, before: Left, after: Left): Left {
  return {
    numTensors: (sum?.numTensors ?? 0) + after.numTensors - before.numTensors,
    numDataBuffers: (sum?.numDataBuffers ?? 0) + after.numDataBuffers - before.numDataBuffers,
    numBytes: (sum?.numBytes ?? 0) + after.numBytes - before.numBytes,
  };
}

/**
 * Five of the smaller ones of those that are drawn: with and without a bias, transposed or not, packed or not. Five, so that
 * both measurements come after the same one.
 */
function smallUses({ uses }: OperationCase): readonly OperationUse[] {
  const entries = ({ shapes }: OperationUse) => shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const drawn = fc.sample(uses, { seed: 20_261_125, numRuns: 40 }).filter((use) => entries(use) > 0);
  return drawn.sort((a, b) => entries(a) - entries(b)).slice(2, 7);
}

/** Its inputs as variables, which live until it is stopped. */
function startUse(use: OperationUse): { readonly step: () => void; readonly stop: () => void } {
  const release = use.prepare?.();
  const variables = inputsOf(use).map((values, index) => {
    const initial = tf.tensor(values, [...(use.shapes[index] ?? [])]);
    const variable = tf.variable(initial);
    initial.dispose();
    return variable;
  });
  return {
    step: () => {
      const { value, grads } = tf.variableGrads(() => tf.sum(use.compute(...variables)), variables);
      tf.dispose([value, grads]);
    },
    stop: () => {
      release?.();
      tf.dispose(variables);
    },
  };
}
