import type { RandomKey } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { collect, type Rows, useRegression } from "../test/regression.ts";
import { train } from "./train.ts";

const { loss, options } = useRegression();

it("a step whose loss is not finite is passed over as often in a row as is allowed, and told", async () => {
  const broken = (steps: readonly number[]) => (rows: Rows, key: RandomKey) =>
    steps.includes(key.step + 1) ? (tf.mul(loss(rows, key), Number.NaN) as tf.Scalar) : loss(rows, key);
  const kinds = async (steps: readonly number[]) => {
    const events = await collect(train(options({ steps: 6, maxBadSteps: 2, loss: broken(steps) })));
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
