// Without padding, the results at the tokens are the same as with padding.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";
import { Pass } from "../pass.ts";
import { planPacking } from "./plan-packing.ts";

const time = 7;
const training = { ...inferenceContext(activeAdapters("a")), training: true };

const grid = (rows: readonly (readonly number[])[]) =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    undefined,
    "int32",
  );

/** Rows padded on either side, or with holes; some may be empty. */
const masks = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.nat(time), fc.nat(time))
        .map(([first, end]) => shown((slot) => slot >= first && slot < end)),
    },
    { weight: 6, arbitrary: fc.nat(time).map((length) => shown((slot) => slot < length)) },
    {
      weight: 1,
      arbitrary: fc.array(fc.boolean(), { minLength: time, maxLength: time }).map((row) => row.map(Number)),
    },
  ),
  { minLength: 1, maxLength: 5 },
);

function shown(isShown: (slot: number) => boolean): number[] {
  return Array.from({ length: time }, (_, slot) => Number(isShown(slot)));
}

function inputsFor({ task, config }: PretrainedModel, mask: readonly (readonly number[])[]) {
  const padding = config.padTokenId ?? 0;
  const ids = mask.map((row, index) =>
    row.map((isShown, slot) => (isShown ? 5 + ((index * 7 + slot * 3) % 30) : padding)),
  );
  const tokenLabels = () => grid(ids.map((row, index) => row.map((id, slot) => (mask[index]?.[slot] ? id : -100))));
  return {
    inputIds: grid(ids),
    attentionMask: grid(mask),
    labels:
      task === "sequence-classification"
        ? tf.tensor1d(
            ids.map((_, row) => row % 2),
            "int32",
          )
        : tokenLabels(),
  };
}

/** The loss, and its gradient for the first block's norm and for the embedding's table, or for a weight after it. */
function lossAndGradients(
  model: PretrainedModel,
  mask: readonly (readonly number[])[],
  context: ForwardContext,
  lossOf: (inputs: ReturnType<typeof inputsFor>) => tf.Scalar = (inputs) => model.lossSum(inputs, context).sum,
) {
  const opened = model
    .parameters()
    .filter(({ path }) => /(norm|ln_\w+)\.weight$/i.test(path))
    .slice(0, 2);
  const variables = opened.map((parameter) => tf.tidy(() => tf.variable(parameter.read())));
  const closing = opened.map((parameter, index) => parameter.override("a", variables[index] as tf.Variable));
  const inputs = inputsFor(model, mask);
  const { value, grads } = tf.variableGrads(() => lossOf(inputs), variables);
  const gradients = variables.flatMap(({ name }) => [...(grads[name]?.dataSync() ?? [])]);
  const loss = [...value.dataSync()];
  for (const close of closing) close();
  tf.dispose([value, grads, variables, inputs]);
  return { loss, gradients };
}

const peft = [
  "gpt2",
  "llama-gqa",
  "gpt_neox",
  "opt",
  "gemma2",
  "bert-seqcls",
  "roberta-mlm",
  "qwen3",
  "mistral",
  "phi",
];
const own = [
  "bloom-classifier",
  "falcon-rising-classifier",
  "gpt-neo-window",
  "gptj-greedy",
  "gemma4-greedy",
  "gemma3n-greedy",
  "electra-classifier",
  "modernbert-mean",
  "mpnet-classifier",
  "albert-classifier",
];
const folders = new Map([
  ...peft.map((name) => [name, join(fixturesRoot, name, "base")] as const),
  ...[...own, "distilbert-classifier", "gemma3-local", "phi3-window", "qwen2-window"].map(
    (name) => [name, join(import.meta.dirname, "../../../fixtures", name)] as const,
  ),
]);

describe.each([...folders])("%s", (_, folder) => {
  let model: PretrainedModel;
  beforeAll(async () => {
    model = await loadModel(openFolder(folder));
  });
  afterAll(() => {
    model.dispose();
    tf.disposeVariables();
  });

  it("has the loss and the gradients of the rectangle, whatever is padding, with checkpoints and without", () => {
    fc.assert(
      fc.property(masks, fc.constantFrom({}, { blocksPerCheckpoint: 1 }), (mask, how) => {
        // Rows of one token at most predict nothing.
        fc.pre(mask.some((row) => row.join("").includes("11")));
        const whole = lossAndGradients(model, mask, { ...training, everyPosition: true });
        const packed = lossAndGradients(model, mask, { ...training, ...how });
        expectClose(packed.loss, whole.loss, 2e-6, "loss");
        expectClose(packed.gradients, whole.gradients, 2e-6, "gradients");
      }),
      { numRuns: 12 },
    );
  });

  it("leaks nothing", async () => {
    await expectNoLeak(() => {
      lossAndGradients(model, [shown((slot) => slot < 3), shown((slot) => slot > 1)], training);
    });
  });
});

describe.each([
  ...["gpt2", "llama-gqa", "gemma2", "mistral"].map((name) => join(fixturesRoot, name, "base")),
  ...["gpt-oss-greedy", "lfm2-greedy", "qwen3-5-greedy"].map((name) =>
    join(import.meta.dirname, "../../../fixtures", name),
  ),
])("%s", (folder) => {
  it("computes a common beginning of rows once, with the log-probabilities and gradients of whole rows", async () => {
    const model = await loadModel(openFolder(folder));
    const rowsSeen: number[] = [];
    const apply: Adaptation["apply"] = ({ input, output }) => {
      rowsSeen.push(input.shape[0] ?? 0);
      return tf.clone(output);
    };
    model.sites()[1]?.attach("a", { variables: [], apply });
    const texts = [
      [7, 8, 9, 10, 11],
      [7, 8, 9, 10],
      [7, 8, 9, 12, 13, 14],
      [8, 9, 10],
      [7, 8, 9, 10, 11],
    ];
    const filled = (padding: number, from = 0) =>
      texts.map((text) => shown(() => false).map((_, slot) => (slot < from ? padding : (text[slot] ?? padding))));
    const mask = texts.map(({ length }) => shown((slot) => slot < length));
    const weighted = (context: ForwardContext) => () => {
      const inputs = { inputIds: grid(filled(0)), attentionMask: grid(mask), labels: grid(filled(-100, 2)) };
      const { values, positions } = model.labelLogProbs(inputs, context, { sharesPrefix: true });
      return tf.sum<tf.Scalar>(
        tf.mul(
          values,
          positions.map((position) => [1, -2, 0.5, 0.3, 0.7][Math.floor(position / time)] ?? 0),
        ),
      );
    };
    const [whole, ...shared] = [{ everyPosition: true }, {}, { blocksPerCheckpoint: 1 }].map((how) =>
      lossAndGradients(model, mask, { ...training, ...how }, weighted({ ...training, ...how })),
    );
    for (const { loss, gradients } of shared) {
      expectClose(loss, whole?.loss ?? [], 5e-6, "loss");
      expectClose(gradients, whole?.gradients ?? [], 5e-6, "gradients");
    }
    expect(new Set(rowsSeen)).toEqual(new Set([5, 11])); // of the rectangle, and tokens without copies
    model.dispose();
  });
});

describe("a pass without padding", () => {
  it("drops by another key in each group of rows, and by the same ones again", () => {
    tf.tidy(() => {
      const inputIds = grid([
        [5, 6, 0],
        [7, 8, 9],
      ]);
      const pass = new Pass(training, { inputIds, positions: [[0, 1, 2]], causal: true });
      const packing = planPacking([1, 1, 0, 1, 1, 1], [2, 3], [1, 5]);
      if (packing === undefined) throw new Error("nothing was packed");
      const seeds = (packed: Pass) => packed.groups.map((own) => own.draw(0.5, "h.0")?.key.seed);
      const packed = pass.pack(packing);
      expect(new Set(seeds(packed)).size).toBe(2);
      expect(seeds(packed.again([]))).toEqual(seeds(packed));
    });
  });
});

describe("a site", () => {
  async function shapesSeen(context: ForwardContext, mask: readonly (readonly number[])[], isMasked = true) {
    const model = await loadModel(openFolder(join(fixturesRoot, "bert-seqcls", "base")));
    const shapes: number[][] = [];
    const recorder: Adaptation = {
      variables: [],
      apply: ({ input, output }) => {
        shapes.push(input.shape.slice(0, 2));
        return tf.clone(output);
      },
    };
    const detach = model
      .sites()
      .find(({ path }) => path.endsWith("layer.0.intermediate.dense"))
      ?.attach("a", recorder);
    tf.tidy(() => {
      const { attentionMask, ...rest } = inputsFor(model, mask);
      model.loss(isMasked ? { ...rest, attentionMask } : rest, context);
    });
    detach?.();
    model.dispose();
    return shapes;
  }
  const short = [shown((slot) => slot < 3), shown(() => true)];

  it("sees only tokens", async () => {
    expect(await shapesSeen(training, short)).toEqual([[3 + time, 1]]);
    expect(await shapesSeen(inferenceContext(activeAdapters("a")), short)).toEqual([[3 + time, 1]]);
    expect(await shapesSeen(training, [shown(() => true), shown(() => true)])).toEqual([[2 * time, 1]]);
  });

  it("sees them also if no mask marks all as tokens", async () => {
    expect(await shapesSeen(training, [shown(() => true), shown(() => true)], false)).toEqual([[2 * time, 1]]);
  });

  it("sees only those of its rows", async () => {
    expect(await shapesSeen({ ...training, adapters: adapterRows(["a", null]) }, short)).toEqual([[3, 1]]);
  });

  it("sees all positions in measurements, with a hole, and if padding is read", async () => {
    const all = [[2, time]];
    expect(await shapesSeen({ ...training, everyPosition: true }, short)).toEqual(all);
    expect(await shapesSeen(training, [shown((slot) => slot !== 3), shown((slot) => slot < 3)])).toEqual(all);
    expect(await shapesSeen(training, [shown((slot) => slot > 3), shown((slot) => slot < 3)])).toEqual(all);
  });
});
