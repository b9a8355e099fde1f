import { checkConfig, type Task } from "@lowrank/contracts/families";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { modelInputError } from "../errors.ts";
import { decoderInputsOf } from "./decoder-inputs.ts";

const bartFile = {
  model_type: "bart",
  vocab_size: 20,
  d_model: 8,
  encoder_layers: 1,
  decoder_layers: 1,
  encoder_attention_heads: 2,
  decoder_attention_heads: 2,
  encoder_ffn_dim: 8,
  decoder_ffn_dim: 8,
  pad_token_id: 1,
  decoder_start_token_id: 2,
};
const bart = checkConfig(bartFile);
const t5 = checkConfig({ model_type: "t5", vocab_size: 20, d_model: 8, d_ff: 8, d_kv: 4, num_layers: 1, num_heads: 2 });

describe("decoderInputsOf", () => {
  const idsOf = (config: typeof bart, task: Task, labels?: number[][]) =>
    tf.tidy(() => {
      const inputIds = tf.tensor2d([[5, 6, 7]], [1, 3], "int32");
      const given = labels === undefined ? {} : { labels: tf.tensor2d(labels, undefined, "int32") };
      return decoderInputsOf({ inputIds, ...given }, { config, task }).arraySync();
    });

  it("are the labels shifted right by one, after the start token", () => {
    expect(idsOf(bart, "sequence-to-sequence", [[8, -100]])).toEqual([[2, 8]]);
  });

  it("are the text itself if BART gets nothing else, with a head and without", () => {
    for (const task of ["sequence-to-sequence", "feature-extraction"] as const)
      expect(idsOf(bart, task)).toEqual([[2, 5, 6]]);
  });

  it("begin with a target's own last token, its language, in mBART", () => {
    const mbart = checkConfig({ ...bartFile, model_type: "mbart" });
    expect(idsOf(mbart, "sequence-to-sequence", [[8, 9, 2, 15, -100]])).toEqual([[15, 8, 9, 2, 15]]);
    expect(idsOf(mbart, "feature-extraction")).toEqual([[7, 5, 6]]);
  });

  it("are refused if the labels are not tokens of the model", () => {
    for (const wrong of [20, -5]) {
      const make = () => idsOf(bart, "sequence-to-sequence", [[wrong, 8]]);
      expect(make).toThrow(modelInputError("labels", `${wrong} is outside 0 to 19`));
    }
  });

  it("must be given to T5", () => {
    expect(() => idsOf(t5, "feature-extraction")).toThrow(/an encoder–decoder needs them/);
  });
});
