import { activeAdapters, inferenceContext, type Site } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { uniform } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TokenRowsAdaptation } from "./token-rows-adaptation.ts";

const [vocabulary, width] = [8, 3];
const indices = [5, 2];
const context = inferenceContext(activeAdapters("default"));

describe("TokenRowsAdaptation", () => {
  let table: tf.Tensor2D;
  let bias: tf.Tensor;
  let rows: tf.Variable<tf.Rank.R2>;
  let adaptation: TokenRowsAdaptation;

  beforeAll(() => {
    table = uniform([vocabulary, width], -1, 1, { seed: 1, path: "table" }) as tf.Tensor2D;
    bias = uniform([vocabulary], -1, 1, { seed: 1, path: "bias" });
    rows = tf.variable(uniform([2, width], -1, 1, { seed: 1, path: "rows" }) as tf.Tensor2D, true, "token-rows");
    adaptation = new TokenRowsAdaptation({ rows, indices });
  });
  afterAll(() => tf.dispose([table, bias, rows]));

  const common = {
    role: "body",
    fanInFanOut: false,
    attach: () => () => undefined,
    replaceWeight: () => () => undefined,
  } as const;
  const embedding = (): Site => ({
    ...common,
    kind: "embedding",
    path: "wte",
    inFeatures: vocabulary,
    outFeatures: width,
    hasBias: false,
    outputScale: 2,
    applyBase: (ids) => tf.tidy(() => tf.mul(tf.gather(table, ids as tf.Tensor2D), 2)),
    readWeight: () => tf.clone(table),
  });
  const head = (): Site => ({
    ...common,
    kind: "linear",
    path: "lm_head",
    inFeatures: width,
    outFeatures: vocabulary,
    hasBias: true,
    applyBase: (x) => tf.matMul(x as tf.Tensor2D, table, false, true),
    readWeight: () => tf.transpose(table),
    values: () => ({ weight: tf.transpose(table), bias }),
  });
  const lookUp = (ids: tf.Tensor) =>
    adaptation.apply({ input: ids, output: embedding().applyBase(ids), site: embedding(), context, weight: 1 });
  const score = (x: tf.Tensor) =>
    adaptation.apply({ input: x, output: tf.add(head().applyBase(x), bias), site: head(), context, weight: 1 });

  it("looks its own tokens up in its rows and all others in the table, to the bit", () => {
    const found = tf.tidy(() => lookUp(tf.tensor2d([5, 0, 2, 5], [2, 2], "int32")).arraySync() as number[][][]);
    const [own, frozen] = [rows.arraySync(), table.arraySync()];
    const double = (row: number[]) => row.map((value) => Math.fround(2 * value));
    expect(found).toEqual([
      [double(own[0]!), double(frozen[0]!)],
      [double(own[1]!), double(own[0]!)],
    ]);
  });

  it("scores its own tokens by its rows at a head, the bias included, and all others as before", () => {
    const x = uniform([2, width], -1, 1, { seed: 1, path: "x" }) as tf.Tensor2D;
    const expected = tf.tidy(() =>
      tf.add(tf.matMul(x, adaptation.fold(head().readWeight(), "linear") as tf.Tensor2D), bias).dataSync(),
    );
    expectClose(
      tf.tidy(() => score(x).dataSync()),
      expected,
      1e-6,
    );
    x.dispose();
  });

  it("folds into a table in which only its own rows differ", () => {
    const folded = tf.tidy(() => adaptation.fold(table, "embedding").arraySync() as number[][]);
    const [own, frozen] = [rows.arraySync(), table.arraySync()];
    const wanted = frozen.map((row, index) => own[indices.indexOf(index)] ?? row);
    expect(folded).toEqual(wanted);
  });

  it("sums each row's gradient over all of its uses", () => {
    const ids = tf.tensor2d([5, 0, 5, 2], [2, 2], "int32");
    const x = uniform([2, width], -1, 1, { seed: 1, path: "x" }) as tf.Tensor2D;
    const loss = () => tf.add(tf.sum(tf.square(lookUp(ids))), tf.sum(tf.square(score(x)))) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, [rows]);
    const wanted = tf.variableGrads(() => {
      // The same through whole tables: a product with zeros and ones puts the rows in.
      const position = tf.oneHot(tf.tensor1d(indices, "int32"), vocabulary) as tf.Tensor2D;
      const kept = tf.sub(1, tf.sum(position, 0));
      const whole = tf.add(
        tf.mul(table, tf.reshape(kept, [vocabulary, 1])),
        tf.matMul(tf.cast(position, "float32"), rows, true),
      );
      const picked = tf.matMul(
        tf.cast(tf.oneHot(tf.reshape(ids, [4]), vocabulary), "float32") as tf.Tensor2D,
        whole as tf.Tensor2D,
      );
      const scores = tf.add(tf.matMul(x, whole as tf.Tensor2D, false, true), bias);
      return tf.add(tf.sum(tf.square(tf.mul(picked, 2))), tf.sum(tf.square(scores))) as tf.Scalar;
    }, [rows]);
    expectClose(grads["token-rows"]!.dataSync(), wanted.grads["token-rows"]!.dataSync(), 1e-5);
    tf.dispose([ids, x, value, grads, wanted]);
  });

  it("learns nothing from look-ups of padding, and all from scores", () => {
    const ids = tf.tensor2d([5, 2], [1, 2], "int32");
    const output = tf.zeros([1, 2, width]);
    const site = { ...embedding(), paddingRow: 2 };
    const looked = () => adaptation.apply({ input: ids, output, site, context, weight: 1 });
    expectClose(looked().dataSync(), lookUp(ids).dataSync(), 0);
    const { value, grads } = tf.variableGrads(() => tf.sum(looked()), [rows]);
    expect([...grads["token-rows"]!.dataSync()]).toEqual([2, 2, 2, 0, 0, 0]);
    const x = tf.ones([1, width]);
    const scored = tf.variableGrads(() => tf.sum(score(x)), [rows]);
    expect([...scored.grads["token-rows"]!.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
    tf.dispose([ids, output, value, grads, x, scored]);
  });

  it("leaks nothing", async () => {
    const ids = tf.tensor2d([1, 5], [1, 2], "int32");
    const output = embedding().applyBase(ids);
    await expectNoLeak(() => adaptation.apply({ input: ids, output, site: embedding(), context, weight: 1 }).dispose());
    output.dispose();
    ids.dispose();
  });
});
