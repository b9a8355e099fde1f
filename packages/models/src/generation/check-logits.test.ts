import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { NonFiniteOutputError } from "../errors.ts";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import { checkLogits } from "./check-logits.ts";
import { generate } from "./generate.ts";

/** The problem of these logits; nothing if the promise resolves. */
async function failure(rows: number[][]): Promise<unknown> {
  const logits = tf.tensor2d(rows);
  const outcome = await checkLogits(logits, 2).then(
    () => undefined,
    (error: unknown) => error,
  );
  logits.dispose();
  return outcome;
}

describe("checkLogits", () => {
  it("names the first prompt whose logits hold NaN, plus infinity, or nothing else than minus infinity", async () => {
    for (const [bad, value] of [
      [[1, Number.NaN], Number.NaN],
      [[Number.POSITIVE_INFINITY, 1], Number.POSITIVE_INFINITY],
      [[Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NEGATIVE_INFINITY],
    ] as const) {
      const error = await failure([[0, 1], [...bad]]);
      expect(error).toBeInstanceOf(NonFiniteOutputError);
      expect(error).toMatchObject({ value, what: "A logit of prompt 2, new token 3," });
    }
  });

  it("lets tokens be ruled out by minus infinity", async () => {
    expect(await failure([[Number.NEGATIVE_INFINITY, 1]])).toBeUndefined();
    expect(await failure([[-3, 1]])).toBeUndefined();
  });
});

it("generation chooses no token by the logits of a broken model, however it chooses, and leaks nothing", async () => {
  const model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
  const scale = model.parameters().find(({ path }) => path.endsWith("ln_f.weight"));
  const undo = scale?.replace(tf.fill([...scale.shape], Number.NaN));
  const sampling = { temperature: 1, seed: 1 };
  for (const how of [{}, { sampling }, { repetitionPenalty: 2 }]) {
    await expectNoLeak(async () => {
      await expect(generate(model, { promptIds: [[5, 6]], maxNewTokens: 2, ...how })).rejects.toThrow(
        "A logit of prompt 1, new token 1, is NaN",
      );
    });
  }
  undo?.();
  expect(await generate(model, { promptIds: [[5, 6]], maxNewTokens: 2, eosTokenIds: [] })).toHaveLength(1);
  model.dispose();
});
