// However the head is changed, its loss computes a few rows at a time and comes to what whole logits would give.

import { LinearSite } from "@lowrank/engine/hook-points";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { Adaptation, TokenPositions } from "@lowrank/contracts/internal";
import { addLowRank, dropout } from "@lowrank/engine";
import { uniform } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { pickFrom } from "../parts/backbone/picked-states.ts";
import { Pass } from "../parts/pass.ts";
import { TokenHead } from "./token-head.ts";

const [batch, time, width, classes] = [4, 21, 4, 250];
const rowsSupervised = batch * (time - 1) - 3;
const wholeBytes = 4 * rowsSupervised * classes;
const adapted = { ...inferenceContext(activeAdapters("a")), training: true };

const drawn = (shape: readonly number[], path: string) => uniform(shape, -1, 1, { seed: 5, path });
const variable = (shape: readonly number[], path: string) => tf.tidy(() => tf.variable(drawn(shape, path)));

/** Adds x·A·B, as LoRA does. */
function lowRank(name: string): Adaptation {
  const [a, b] = [variable([width, 2], `${name} A`), variable([2, classes], `${name} B`)] as [
    tf.Variable<tf.Rank.R2>,
    tf.Variable<tf.Rank.R2>,
  ];
  return {
    variables: [a, b],
    apply: ({ input, output }) => addLowRank(output, input, a, b, 0.5),
  };
}

interface Change {
  readonly cap?: number;
  readonly context?: ForwardContext;
  readonly bias?: boolean;
  /** Changes the head under the name "a", and returns what is trained there. */
  open(site: LinearSite): readonly tf.Variable[];
}

const weightOf = (site: LinearSite) => site.parameters()[0];
const biasOf = (site: LinearSite) => site.parameters()[1];

const low =
  (name = "a") =>
  (site: LinearSite) => {
    const adaptation = lowRank(name);
    site.attach(name, adaptation);
    return adaptation.variables;
  };
const whole = (site: LinearSite) => {
  const matrix = variable([width, classes], "whole");
  weightOf(site)?.override("a", matrix);
  return [matrix];
};

const changes: Readonly<Record<string, Change>> = {
  "nothing, and a bound": { cap: 2, open: () => [] },
  "a low-rank pair": { open: low() },
  "a low-rank pair below a bound": { cap: 2, open: low() },
  "a weight of its own": { open: whole },
  "a weight of its own below a bound, and a bias": {
    cap: 2,
    bias: true,
    open: (site) => {
      const bias = variable([classes], "bias");
      biasOf(site)?.override("a", bias);
      return [...whole(site), bias];
    },
  },
  "a function of a table": {
    open: (site) => {
      const table = variable([classes, width], "table");
      weightOf(site)?.override("a", () => tf.transpose(table), [table]);
      return [table];
    },
  },
  "a weight of its own and a low-rank pair": { open: (site) => [...whole(site), ...low()(site)] },
  "a bias": {
    bias: true,
    open: (site) => {
      const bias = variable([classes], "bias");
      biasOf(site)?.override("a", bias);
      return [bias];
    },
  },
  "another adapter in each row": {
    context: { ...adapted, adapters: adapterRows(["a", null, "b", "a"]) },
    open: (site) => [...low("a")(site), ...low("b")(site)],
  },
  "a weight of its own in some rows": {
    context: { ...adapted, adapters: adapterRows(["a", null, null, "a"]) },
    open: whole,
  },
};

function headWith({ bias = false, cap }: Pick<Change, "bias" | "cap">) {
  const site = new LinearSite({ path: "lm_head", inFeatures: width, outFeatures: classes, bias, role: "output-head" });
  for (const slot of site.slots) slot.fill(tf.keep(drawn(slot.shape, slot.path)));
  const headFor = (logitsAtOnce: number) =>
    new TokenHead({ site, shift: 1, logitsAtOnce, ...(cap === undefined ? {} : { cap }) });
  return { site, headFor };
}

function labelsAndStates() {
  const ids = Array.from({ length: batch * time }, (_, index) => ((index + 1) * 37) % classes);
  for (const ignored of [3, 40, 70]) ids[ignored] = -100;
  const labels = tf.tensor2d(ids, [batch, time], "int32");
  const inputIds = tf.zeros<tf.Rank.R2>([batch, time], "int32");
  return { labels, inputIds, states: variable([batch, time, width], "states") };
}

type Inputs = ReturnType<typeof labelsAndStates>;

function lossOf(head: TokenHead, { labels, inputIds, states }: Inputs, context: ForwardContext): tf.Scalar {
  return tf.tidy(() => {
    const pass = new Pass(context, { inputIds, positions: [], causal: true });
    const { pick, of } = head.losses(labels, pass);
    const { sum, count } = of(pick === undefined ? states : pickFrom(states, pick));
    expect(count).toBe(rowsSupervised);
    return tf.div(sum, count);
  });
}

/** The same loss as the mean of the labels' own. */
function meanOfLosses(head: TokenHead, { labels, inputIds, states }: Inputs, context: ForwardContext): tf.Scalar {
  return tf.tidy(() => {
    const pass = new Pass(context, { inputIds, positions: [], causal: true });
    const { pick, of } = head.positionLosses(labels, pass, 1);
    return tf.mean(of(pick === undefined ? states : pickFrom(states, pick)));
  });
}

describe.each(Object.entries(changes))("a head changed by %s", (_, change) => {
  const { context = adapted } = change;
  const { site, headFor } = headWith(change);
  const trained = change.open(site);
  const inputs = labelsAndStates();
  const variables = [inputs.states, ...trained];
  const [few, all] = [headFor(4 * classes), headFor(1e9)];
  const differentiated = (head: TokenHead) => tf.variableGrads(() => lossOf(head, inputs, context), variables);

  it.each([lossOf, meanOfLosses])("has the loss and the gradients of whole logits, by %o", (loss) => {
    tf.tidy(() => {
      const [chunked, expected] = [tf.variableGrads(() => loss(few, inputs, context), variables), differentiated(all)];
      expectClose(chunked.value.dataSync(), expected.value.dataSync(), 1e-6, "loss");
      expectClose(loss(few, inputs, context).dataSync(), expected.value.dataSync(), 1e-6, "loss without a tape");
      for (const { name } of variables) {
        const gradients = expected.grads[name]?.dataSync() ?? [];
        expect(gradients.length).toBeGreaterThan(0);
        expectClose(chunked.grads[name]?.dataSync() ?? [], gradients, 1e-6, name);
      }
    });
  });

  it("never has whole logits in memory", async () => {
    const peakOf = async (head: TokenHead) => {
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(() => {
        tf.dispose(differentiated(head));
        return [];
      });
      return peakBytes - before;
    };
    expect(await peakOf(few)).toBeLessThan(wholeBytes);
    if (change.cap === undefined || trained.length > 0) expect(await peakOf(all)).toBeGreaterThan(2 * wholeBytes);
  });

  it("leaves nothing behind", async () => {
    await expectNoLeak(() => tf.dispose(differentiated(few)));
    await expectNoLeak(() => lossOf(few, inputs, context).dispose());
  });
});

describe("the dropout of an adapted head", () => {
  it("is another in each chunk, and the same for the same key", () => {
    const { site, headFor } = headWith({});
    const masks: string[] = [];
    site.attach("a", {
      variables: [variable([1], "unused")],
      apply: ({ input, output, context }) => {
        const kept = tf.tidy(() => dropout(tf.onesLike(input), 0.5, { ...context.random, path: "a" }));
        masks.push(kept.dataSync().slice(0, 40).join());
        kept.dispose();
        return tf.clone(output);
      },
    });
    const inputs = labelsAndStates();
    for (const _ of [1, 2]) lossOf(headFor(30 * classes), inputs, adapted).dispose();
    expect(masks).toHaveLength(6);
    expect(new Set(masks.slice(0, 3)).size).toBe(3);
    expect(masks.slice(3)).toEqual(masks.slice(0, 3));
  });
});

describe("the positions of states at an adapted head", () => {
  const tokens = [7];

  /** Each state's own number, which is what it tells of any tokens. */
  function numbered(states: readonly number[]): TokenPositions {
    return {
      count: states.length,
      since: () => Float32Array.from(states),
      pick: (some) => numbered(some.map((state) => states[state] ?? -1)),
    };
  }

  it.each([
    ["all at once", 1e9, activeAdapters("a")],
    ["in chunks", 4 * classes, activeAdapters("a")],
    ["in chunks, by row", 4 * classes, adapterRows(["a", "a", "a", "a"])],
  ])("are those of the supervised rows, %s", (_, logitsAtOnce, adapters) => {
    const { site, headFor } = headWith({});
    const seen: number[] = [];
    site.attach("a", {
      variables: [variable([1], "unused")],
      apply: ({ output, context }) => {
        seen.push(...(context.tokenPositions?.since(tokens) ?? []));
        return tf.clone(output);
      },
    });
    const inputs = labelsAndStates();
    const tokenPositions = numbered(Array.from({ length: batch * time }, (_, state) => state));
    lossOf(headFor(logitsAtOnce), inputs, { ...adapted, adapters, tokenPositions }).dispose();
    const labels = inputs.labels.dataSync();
    const supervised = Array.from({ length: batch * time }, (_, state) => state).filter(
      (state) => state % time < time - 1 && labels[state + 1] !== -100,
    );
    expect(seen).toEqual(supervised);
  });
});
