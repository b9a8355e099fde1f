import "@tensorflow/tfjs-backend-cpu";
import { inferenceContext } from "@lowrank/contracts";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { Pass } from "../pass.ts";
import { sinusoidsOf, sinusoidTable } from "./sinusoids.ts";

it("a table has sines first, then cosines, with frequencies that fall with the pair", () => {
  tf.tidy(() => {
    const table = sinusoidTable([3, 4]);
    const slow = 10_000 ** -0.5;
    const second = [Math.sin(2), Math.sin(2 * slow), Math.cos(2), Math.cos(2 * slow)];
    expectClose(tf.slice(table, [2, 0], [1, 4]).dataSync(), second, 1e-6);
  });
});

it("a pass has the sinusoids of its own positions, and zeros for padding", () => {
  tf.tidy(() => {
    const rows = [
      [2, 3, 1],
      [2, 1, 1],
    ];
    const pass = new Pass(inferenceContext(), { positions: rows, causal: false });
    const made = sinusoidsOf(4, 1)(pass);
    expect(made.shape).toEqual([2, 3, 4]);
    const values = made.arraySync() as number[][][];
    expect(values[0]?.[2]).toEqual([0, 0, 0, 0]);
    expect(values[1]?.[0]).toEqual(values[0]?.[0]);
    expect((sinusoidsOf(4, 1, 1)(pass).arraySync() as number[][][])[0]?.[0]).toEqual(values[0]?.[1]);
    expectClose(values[0]?.[1] ?? [], [Math.sin(3), Math.sin(3e-4), Math.cos(3), Math.cos(3e-4)], 1e-6);
  });
});
