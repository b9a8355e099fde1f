import type { RandomKey } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { collect, type Rows, useRegression } from "../test/regression.ts";

import { train } from "./train.ts";

const regression = useRegression();
const { loss, options } = regression;

it("a step with a loss that is not finite is skipped, with an event, up to the allowed number of consecutive steps", async () => {
  const broken = (steps: readonly number[]) => (rows: Rows, key: RandomKey) =>
    steps.includes(key.step + 1) ? (tf.mul(loss(rows, key), Number.NaN) as tf.Scalar) : loss(rows, key);
  const kinds = async (steps: readonly number[]) => {
    const events = await collect(train(options({ steps: 6, maxSkippedSteps: 2, loss: broken(steps) })));
    return events.map((event) => (event.type === "skip" ? `skip ${event.step}, ${event.inARow} in a row` : event.type));
  };
  expect(await kinds([2, 3, 5])).toEqual([
    "start",
    "step",
    "skip 2, 1 in a row",
    "skip 3, 2 in a row",
    "step",
    "skip 5, 1 in a row",
    "step",
    "end",
  ]);
  await expect(kinds([2, 3, 4])).rejects.toMatchObject({ step: 4, what: "loss" });
});

it("a loss with one number for each row is refused, and leaves no change and no tensor", async () => {
  const weight = regression.variables.get("weight") as tf.Variable;
  const before = [[...weight.dataSync()], tf.memory().numTensors];
  const rows = () => tf.square(weight) as tf.Tensor as tf.Scalar;
  const error = await collect(train(options({ loss: rows }))).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "LOSS_SHAPE" });
  expect(error).toMatchObject({ shape: [2, 1], code: "LOSS_SHAPE" });
  expect([[...weight.dataSync()], tf.memory().numTensors]).toEqual(before);
});
