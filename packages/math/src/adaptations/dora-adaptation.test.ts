import { activeAdapters, type ForwardContext, inferenceContext, type Site } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { dropout } from "@lowrank/engine";
import { uniform } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { createLora } from "../matrices/create-lora.ts";
import { lowRankDelta } from "../update/low-rank-delta.ts";
import { columnNorms, DoraAdaptation } from "./dora-adaptation.ts";
import { LoraAdaptation } from "./lora-adaptation.ts";

const inference = inferenceContext(activeAdapters("default"));
const training: ForwardContext = { ...inference, training: true, random: { seed: 5, step: 2, microStep: 1 } };
const scale = 1.5;

const drawn = (shape: readonly number[], path: string) => uniform(shape, -1, 1, { seed: 3, path });

/** A linear layer 6 → 5 with a bias, DoRA on it, and an input; all freed afterwards. */
function withLinear<T>(
  options: { readonly dropout?: number; readonly tellsBias?: boolean },
  use: (parts: ReturnType<typeof linearParts>) => T,
): T {
  const parts = linearParts(options);
  try {
    return use(parts);
  } finally {
    parts.lora.dispose();
    tf.dispose([parts.weight, parts.bias, parts.magnitude, parts.x]);
  }
}

function linearParts({ dropout: rate = 0, tellsBias = true }: { dropout?: number; tellsBias?: boolean }) {
  const weight = drawn([6, 5], "weight") as tf.Tensor2D;
  const bias = drawn([5], "bias");
  const magnitude = tf.variable(uniform([5], 0.5, 2, { seed: 1, path: "m" }));
  const lora = createLora({
    inFeatures: 6,
    outFeatures: 5,
    rank: 2,
    init: "random",
    key: { seed: 3, path: "p" },
    name: "dora",
  });
  const site: Site = {
    kind: "linear",
    path: "h.0.fc",
    role: "body",
    inFeatures: 6,
    outFeatures: 5,
    hasBias: true,
    fanInFanOut: false,
    attach: () => () => undefined,
    applyBase: (input) => tf.matMul(input as tf.Tensor2D, weight),
    readWeight: () => tf.clone(weight),
    replaceWeight: () => () => undefined,
    ...(tellsBias ? { values: () => ({ weight, bias }) } : {}),
  };
  const inner = new LoraAdaptation({ lora, scale });
  const adaptation = new DoraAdaptation({ inner, magnitude, dropout: rate });
  const x = drawn([4, 6], "x") as tf.Tensor2D;
  const output = (input: tf.Tensor2D) => tf.tidy(() => tf.add(tf.matMul(input, weight), bias));
  const apply = (context = inference, strength = 1) =>
    adaptation.apply({ input: x, output: output(x), site, context, weight: strength });
  return { weight, bias, magnitude, lora, site, adaptation, x, output, apply };
}

describe("the lengths that DoRA divides by", () => {
  /** The results of a site after each change, and the number of times that its weight was read. */
  function looks(changes: (parts: ReturnType<typeof linearParts>) => readonly (() => unknown)[]) {
    return withLinear({}, (parts) => {
      let count = 0;
      const told = { weight: parts.weight };
      const site: Site = {
        ...parts.site,
        weightIdentity: () => told.weight,
        values: () => {
          count++;
          return { weight: told.weight };
        },
      };
      const { adaptation, x } = parts;
      const results = [() => undefined, ...changes(parts)].map((change) => {
        const replaced = change();
        if (replaced instanceof tf.Tensor) told.weight = replaced as tf.Tensor2D;
        count = 0;
        const call = { input: x, output: tf.matMul(x, told.weight), site, context: inference, weight: 1 };
        const kept = adaptation.apply(call);
        const looked = count;
        adaptation.release();
        const fresh = adaptation.apply(call);
        const isSame = kept.dataSync().every((value, index) => value === fresh.dataSync()[index]);
        tf.dispose([call.output, kept, fresh]);
        return { looked, isSame };
      });
      adaptation.release();
      return results;
    });
  }

  it("are computed once for a weight and its A and B, and again after a step, a merge and another scale", () => {
    const results = looks(({ lora, adaptation, weight }) => [
      () => undefined,
      () => tf.tidy(() => lora.b.assign(tf.add(lora.b, 0.5) as tf.Tensor2D)),
      () => {
        adaptation.scale = 3;
      },
      () => tf.add(weight, 1),
    ]);
    expect(results.map(({ isSame }) => isSame)).toEqual([true, true, true, true, true]);
    // A bias-less look at the output is one; the lengths are the other.
    expect(results.map(({ looked }) => looked)).toEqual([2, 1, 2, 2, 2]);
  });
});

describe("DoraAdaptation", () => {
  it("computes with a weight whose columns have the magnitude's lengths and the adapted weight's directions", () => {
    withLinear({}, ({ weight, bias, magnitude, lora, x, apply }) => {
      const expected = tf.tidy(() => {
        const adapted = tf.add(weight, lowRankDelta(lora.a, lora.b, scale)) as tf.Tensor2D;
        const stretched = tf.mul(adapted, tf.div(magnitude, columnNorms(adapted))) as tf.Tensor2D;
        return tf.add(tf.matMul(x, stretched), bias).dataSync();
      });
      expectClose(
        tf.tidy(() => apply().dataSync()),
        expected,
        1e-5,
      );
    });
  });

  it("computes the same at a site that does not tell its bias", () => {
    const told = withLinear({}, ({ apply }) => tf.tidy(() => apply().dataSync()));
    const untold = withLinear({ tellsBias: false }, ({ apply }) => tf.tidy(() => apply().dataSync()));
    expectClose(untold, told, 1e-5);
  });

  it("scales earlier additions to a bias, and does not change an unchanged bias", () => {
    withLinear({}, ({ weight, bias, magnitude, lora, adaptation }) => {
      const [added, untouched, expected] = tf.tidy(() => {
        const bases = { bias, weight: () => weight };
        const lengths = columnNorms(tf.add(weight, lowRankDelta(lora.a, lora.b, scale)));
        return [
          adaptation.foldBias(tf.add(bias, 2), bases).dataSync(),
          adaptation.foldBias(bias, bases).dataSync(),
          tf.add(bias, tf.mul(2, tf.div(magnitude, lengths))).dataSync(),
        ];
      });
      expectClose(added!, expected!, 1e-5);
      expect(untouched).toEqual(bias.dataSync());
    });
  });

  it("folds into the weight that computes the same", () => {
    withLinear({}, ({ weight, bias, adaptation, x, apply }) => {
      const folded = tf.tidy(() =>
        tf.add(tf.matMul(x, adaptation.fold(weight, weight) as tf.Tensor2D), bias).dataSync(),
      );
      expectClose(
        tf.tidy(() => apply().dataSync()),
        folded,
        1e-5,
      );
    });
  });

  it("changes nothing if it starts with the adapted weight's lengths and a zero update", () => {
    withLinear({}, ({ weight, magnitude, lora, x, output, apply }) => {
      lora.b.assign(tf.tidy(() => tf.zerosLike(lora.b)));
      magnitude.assign(tf.tidy(() => columnNorms(weight)));
      expectClose(
        tf.tidy(() => apply().dataSync()),
        tf.tidy(() => output(x).dataSync()),
        1e-6,
      );
    });
  });

  it("has gradients that treat the adapted weight's lengths as constant", () => {
    withLinear({}, ({ weight, bias, magnitude, lora, x, apply }) => {
      const loss = (y: tf.Tensor) => tf.sum(tf.mul(y, drawn([4, 5], "g")) as tf.Tensor) as tf.Scalar;
      const variables = [lora.a, lora.b, magnitude];
      const ours = tf.variableGrads(() => loss(apply()), variables);
      const lengths = tf.tidy(() => columnNorms(tf.add(weight, lowRankDelta(lora.a, lora.b, scale))));
      const wanted = tf.variableGrads(() => {
        const adapted = tf.add(weight, tf.mul(tf.matMul(lora.a, lora.b), scale)) as tf.Tensor2D;
        const stretched = tf.mul(adapted, tf.div(magnitude, lengths)) as tf.Tensor2D;
        return loss(tf.add(tf.matMul(x, stretched), bias));
      }, variables);
      for (const { name } of variables) {
        expectClose(ours.grads[name]!.dataSync(), wanted.grads[name]!.dataSync(), 1e-5, name);
      }
      tf.dispose([ours, wanted, lengths]);
    });
  });

  it("drops the input of the correction and of the branch, not that of the frozen product", () => {
    const plain = withLinear({}, ({ apply }) => tf.tidy(() => apply().dataSync()));
    withLinear({ dropout: 0.5 }, ({ weight, magnitude, lora, x, output, apply }) => {
      const expected = tf.tidy(() => {
        const dropped = dropout(x, 0.5, { ...training.random, path: "default/h.0.fc" }) as tf.Tensor2D;
        const delta = lowRankDelta(lora.a, lora.b, scale);
        const ratio = tf.div(magnitude, columnNorms(tf.add(weight, delta)));
        const correction = tf.mul(tf.sub(ratio, 1), tf.matMul(dropped, weight));
        return tf.add(tf.add(output(x), correction), tf.mul(ratio, tf.matMul(dropped, delta))).dataSync();
      });
      expectClose(
        tf.tidy(() => apply(training).dataSync()),
        expected,
        1e-5,
      );
      expectClose(
        tf.tidy(() => apply(inference).dataSync()),
        plain,
        1e-6,
      );
    });
  });

  it("counts the adapter's weight in the active set as part of its scaling", () => {
    withLinear({}, ({ adaptation, apply }) => {
      const half = tf.tidy(() => apply(inference, 0.5).dataSync());
      adaptation.scale = scale / 2;
      expectClose(
        tf.tidy(() => apply().dataSync()),
        half,
        1e-6,
      );
    });
  });

  it("looks tokens up in a table with stretched columns, times the site's output scale", () => {
    const table = drawn([7, 4], "table") as tf.Tensor2D;
    const ids = tf.tensor2d([1, 6, 3, 1], [2, 2], "int32");
    const magnitude = tf.variable(uniform([4], 0.5, 2, { seed: 1, path: "m" }));
    const lora = createLora({
      inFeatures: 7,
      outFeatures: 4,
      rank: 2,
      kind: "embedding",
      init: "random",
      key: { seed: 3, path: "p" },
      name: "dora-table",
    });
    const adaptation = new DoraAdaptation({
      inner: new LoraAdaptation({ lora, scale, site: { kind: "embedding" } }),
      magnitude,
      dropout: 0.5,
    });
    const site: Site = {
      kind: "embedding",
      path: "wte",
      role: "input-embedding",
      inFeatures: 7,
      outFeatures: 4,
      hasBias: false,
      fanInFanOut: false,
      outputScale: 3,
      attach: () => () => undefined,
      applyBase: (input) => tf.mul(tf.gather(table, input as tf.Tensor2D), 3),
      readWeight: () => tf.clone(table),
      replaceWeight: () => () => undefined,
    };
    const actual = tf.tidy(() =>
      adaptation.apply({ input: ids, output: site.applyBase(ids), site, context: training, weight: 1 }).dataSync(),
    );
    const expected = tf.tidy(() => tf.mul(tf.gather(adaptation.fold(table, table), ids), 3).dataSync());
    expectClose(actual, expected, 1e-5);
    lora.dispose();
    tf.dispose([table, ids, magnitude]);
  });

  it("leaves a column of zeros at zero instead of NaN", () => {
    withLinear({}, ({ weight, adaptation, lora, magnitude }) => {
      lora.b.assign(tf.tidy(() => tf.zerosLike(lora.b)));
      magnitude.assign(tf.tidy(() => tf.zerosLike(magnitude)));
      const folded = tf.tidy(() => adaptation.fold(tf.zerosLike(weight), tf.zerosLike(weight)).dataSync());
      expect([...folded]).toEqual(Array(30).fill(0));
    });
  });

  it("refuses a dropout that is no probability, and leaks nothing", async () => {
    withLinear({}, ({ adaptation, magnitude }) => {
      const { inner } = adaptation;
      expect(() => new DoraAdaptation({ inner, magnitude, dropout: 1 })).toThrow(
        expect.objectContaining({ code: "INVALID_SETTING" }),
      );
    });
    const { lora, weight, bias, magnitude, x, adaptation, site, output } = linearParts({});
    const base = output(x);
    await expectNoLeak(() =>
      adaptation.apply({ input: x, output: base, site, context: inference, weight: 1 }).dispose(),
    );
    lora.dispose();
    tf.dispose([weight, bias, magnitude, x, base]);
  });
});
