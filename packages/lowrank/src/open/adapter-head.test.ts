import { type Adapter, createLoraConfig, type TaskType } from "@lowrank/adapter-format";
import { checkConfig } from "@lowrank/contracts/families";
import { DifferentBaseError } from "@lowrank/inject/internal";
import { describe, expect, it } from "vitest";
import { adapterHead, refuseOtherModules } from "./adapter-head.ts";

const bert = { model_type: "bert", vocab_size: 9, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 };
const base = (values: object) => checkConfig({ ...bert, intermediate_size: 8, ...values });
const plainBert = base({ architectures: ["BertModel"] });
const llama = base({ model_type: "llama", architectures: ["LlamaForCausalLM"], num_key_value_heads: 2 });

/** An adapter whose file has tensors of these shapes. */
function adapter(taskType: TaskType | null, shapes: Readonly<Record<string, readonly number[]>> = {}): Adapter {
  const tensors = Object.entries(shapes).map(([key, shape]) => [key, { shape, values: new Float32Array(0) }] as const);
  return { config: createLoraConfig({ taskType }), tensors: new Map(tensors), metadata: new Map() };
}

it("refuses an adapter of another kind of model, which a base that lacks its head would otherwise seem to want trained", () => {
  const query = "bert.encoder.layer.0.attention.self.query.lora_A.weight";
  const trained = adapter("SEQ_CLS", { [query]: [2, 4] });
  expect(() => refuseOtherModules(trained, llama)).toThrow(DifferentBaseError);
  expect(() => refuseOtherModules(trained, llama)).toThrow(/this one: type llama\)/);
  expect(() => refuseOtherModules(trained, plainBert)).not.toThrow();
});

describe("adapterHead", () => {
  it.each([
    ["SEQ_CLS", "sequence-classification", "classifier.weight"],
    ["TOKEN_CLS", "token-classification", "classifier.weight"],
    ["QUESTION_ANS", "question-answering", "qa_outputs.weight"],
  ] as const)("is %s's, with as many classes as the saved classifier has", (taskType, task, key) => {
    for (const architectures of [["BertModel"], ["BertForMaskedLM"], undefined]) {
      const head = adapterHead(adapter(taskType, { [key]: [5, 4] }), base({ architectures }), undefined);
      expect(head).toEqual({ task, classes: 5 });
    }
  });

  it("is a language model's for the types of language models, whatever class the base names", () => {
    const headless = base({ model_type: "llama", architectures: ["LlamaModel"], num_key_value_heads: 2 });
    expect(adapterHead(adapter("CAUSAL_LM"), headless, undefined)).toEqual({ task: "causal-lm" });
    const t5 = checkConfig({
      model_type: "t5",
      vocab_size: 9,
      d_model: 4,
      d_kv: 2,
      d_ff: 8,
      num_layers: 1,
      num_heads: 2,
    });
    expect(adapterHead(adapter("SEQ_2_SEQ_LM"), t5, undefined)).toEqual({ task: "sequence-to-sequence" });
  });

  it("reads the classifier under the family's name", () => {
    const { classes } = adapterHead(adapter("TOKEN_CLS", { "score.weight": [7, 4] }), llama, undefined);
    expect(classes).toBe(7);
    const roberta = base({ model_type: "roberta" });
    const shapes = { "classifier.dense.weight": [4, 4], "classifier.out_proj.weight": [3, 4] };
    expect(adapterHead(adapter("SEQ_CLS", shapes), roberta, undefined).classes).toBe(3);
  });

  it("refuses a type without a head in the family, with the supported ones", () => {
    expect(() => adapterHead(adapter("SEQ_2_SEQ_LM"), llama, undefined)).toThrow(
      "The adapter was trained for SEQ_2_SEQ_LM, but llama models have no such head here. Available: causal-lm, ",
    );
  });

  it("refuses another head than the adapter's", () => {
    expect(() => adapterHead(adapter("TOKEN_CLS"), plainBert, "sequence-classification")).toThrow(
      "The adapter was trained for TOKEN_CLS, so it cannot be used for sequence-classification.",
    );
    expect(adapterHead(adapter("SEQ_CLS"), plainBert, "sequence-classification").task).toBe("sequence-classification");
    expect(adapterHead(adapter(null), plainBert, "token-classification").task).toBe("token-classification");
  });

  it("keeps the base's own head if the type is ambiguous: PEFT has none for masked language models", () => {
    const masked = base({ architectures: ["BertForMaskedLM"] });
    expect(adapterHead(adapter(null), masked, undefined).task).toBeUndefined();
    expect(adapterHead(adapter("CAUSAL_LM"), masked, undefined).task).toBeUndefined();
    const query = "encoder.layer.0.attention.self.query.lora_A.weight";
    expect(adapterHead(adapter("FEATURE_EXTRACTION", { [`bert.${query}`]: [2, 4] }), masked, undefined).task).toBe(
      undefined,
    );
    expect(adapterHead(adapter("FEATURE_EXTRACTION", { [query]: [2, 4] }), masked, undefined).task).toBe(
      "feature-extraction",
    );
  });

  it("is the base's own encoder, or the head of an encoder that writes", () => {
    const sizes = { vocab_size: 9, d_model: 4, d_kv: 2, d_ff: 8, num_layers: 1, num_heads: 2 };
    const encoder = checkConfig({ model_type: "t5", ...sizes, architectures: ["T5EncoderModel"] });
    expect(adapterHead(adapter("FEATURE_EXTRACTION"), encoder, undefined).task).toBeUndefined();
    const decoder = base({ architectures: ["BertForMaskedLM"], is_decoder: true });
    expect(adapterHead(adapter("CAUSAL_LM"), decoder, undefined).task).toBe("causal-lm");
  });

  it("is, without a type, decided by the number of outputs if heads have the same names", () => {
    const roberta = base({ model_type: "roberta", architectures: ["RobertaModel"] });
    const saved = (outputs: number) => adapter(null, { "classifier.weight": [outputs, 4] });
    expect(adapterHead(saved(3), roberta, undefined)).toEqual({ task: "token-classification", classes: 3 });
    const next = adapter(null, { "cls.seq_relationship.weight": [2, 4] });
    expect(adapterHead(next, plainBert, undefined).task).toBe("next-sentence-prediction");
  });

  it("is, without a type, the only one that has the saved classifier, over a base that has no head", () => {
    const vit = base({ model_type: "vit", architectures: ["ViTModel"], image_size: 8, patch_size: 4 });
    const classifier = { "classifier.weight": [10, 4] };
    expect(adapterHead(adapter(null, classifier), vit, undefined)).toEqual({
      task: "image-classification",
      classes: 10,
    });
    // Two heads of BERT keep it under that name.
    expect(adapterHead(adapter(null, classifier), plainBert, undefined).task).toBeUndefined();
  });
});
