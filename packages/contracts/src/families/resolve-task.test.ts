import { describe, expect, it } from "vitest";
import { checkConfig } from "./config/check-config.ts";

import { architectureOf, resolveTask } from "./resolve-task.ts";

const gpt2 = { model_type: "gpt2", vocab_size: 9, n_embd: 4, n_layer: 1, n_head: 2, n_positions: 8 };
const withArchitecture = (...architectures: readonly string[]) => checkConfig({ ...gpt2, architectures });

describe("a model's task", () => {
  it("is the task of its class", () => {
    expect(resolveTask(withArchitecture("GPT2LMHeadModel"))).toBe("causal-lm");
    expect(resolveTask(withArchitecture("GPT2Model"))).toBe("feature-extraction");
  });

  it("is the requested task, if the family has it", () => {
    expect(resolveTask(withArchitecture("GPT2LMHeadModel"), "sequence-classification")).toBe("sequence-classification");
    expect(() => resolveTask(withArchitecture("GPT2LMHeadModel"), "masked-lm")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_TASK" }),
    );
  });

  it("cannot be guessed without a class, or from an unknown one", () => {
    expect(() => resolveTask(checkConfig(gpt2))).toThrow('has no "architectures"');
    expect(() => resolveTask(withArchitecture())).toThrow(expect.objectContaining({ code: "UNSUPPORTED_TASK" }));
    expect(() => resolveTask(withArchitecture("GPT2DoubleHeadsModel"))).toThrow("Supported: GPT2LMHeadModel");
  });

  it("reports an unknown class, and the supported ones", () => {
    const bert = { model_type: "bert", vocab_size: 9, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 };
    const config = checkConfig({ ...bert, intermediate_size: 8, architectures: ["BertForPreTraining"] });
    expect(() => resolveTask(config)).toThrow('"BertForPreTraining"');
    expect(() => resolveTask(config)).toThrow("BertForMultipleChoice, BertLMHeadModel, BertForNextSentencePrediction");
  });

  it("is refused only if the configuration needs an unsupported form of it", () => {
    const sizes = { vocab_size: 9, hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
    const config = checkConfig({ model_type: "electra", ...sizes, summary_type: "mean", summary_activation: "tanh" });
    expect(resolveTask(config, "sequence-classification")).toBe("sequence-classification");
    expect(() => resolveTask(config, "multiple-choice")).toThrow(/summary_type: got "mean".*\n.*summary_activation/);
  });

  it("has a class to write into config.json", () => {
    expect(architectureOf("llama", "sequence-classification")).toBe("LlamaForSequenceClassification");
    expect(() => architectureOf("llama", "masked-lm")).toThrow(expect.objectContaining({ code: "UNSUPPORTED_TASK" }));
  });
});
