import { describe, expect, it } from "vitest";
import { checkConfig } from "./check-config.ts";

describe("a text model inside one with images", () => {
  const inner = { hidden_size: 32, num_hidden_layers: 2, intermediate_size: 48, sliding_window: 4, vocab_size: 90 };
  const outer = { model_type: "gemma3", text_config: { ...inner, model_type: "gemma3_text" }, vision_config: {} };

  it("is read from there, except keys that the outer object has, too", () => {
    const warnings: string[] = [];
    const read = checkConfig({ ...outer, eos_token_id: [1, 9] }, ({ message }) => warnings.push(message));
    expect([read.modelType, read.hiddenSize, read.heads, read.eosTokenIds, read.windows[0]]).toEqual([
      ...["gemma3", 32, 8],
      ...[[1, 9], 4],
    ]);
    expect(warnings).toEqual([]);
    expect(checkConfig({ ...outer, hidden_size: 64 }).hiddenSize).toBe(64);
  });

  it("is refused for unsupported settings like any other", () => {
    const asks = { ...outer, text_config: { ...inner, clip_qkv: 3 } };
    expect(() => checkConfig(asks)).toThrow("clip_qkv: got 3");
  });

  it("is refused in Mistral 3 if it is of another type than Mistral's two", () => {
    const sizes = { ...inner, num_attention_heads: 4, num_key_value_heads: 2, sliding_window: null };
    const of = (type: string) => ({ model_type: "mistral3", text_config: { ...sizes, model_type: type } });
    expect(checkConfig(of("ministral3")).hiddenSize).toBe(32);
    expect(() => checkConfig(of("qwen2"))).toThrow('text_config.model_type: got "qwen2"');
  });

  it("has its own sizes in PaliGemma, and is Gemma 1 or 2", () => {
    const sizes = { ...inner, num_attention_heads: 4, num_key_value_heads: 1 };
    const of = (model_type: string) =>
      checkConfig({
        model_type: "paligemma",
        hidden_size: 2048,
        vocab_size: 257_152,
        text_config: { ...sizes, model_type },
      });
    const [{ windows, scalars, ...first }, second] = [of("gemma"), of("gemma2")];
    expect([first.hiddenSize, first.vocabularySize, windows[0], scalars.logitCap]).toEqual([32, 90, null, null]);
    expect([second.windows, second.scalars.logitCap]).toEqual([[4, null], 30]);
    expect(() => of("qwen2")).toThrow('text_config.model_type: got "qwen2"');
  });

  it("reports that the text model inside a model with images is supported", () => {
    expect(() => checkConfig({ model_type: "llava", text_config: { model_type: "mistral" } })).toThrow(
      'Models of type "llava" are not supported. Its text model, of type "mistral", is supported: save that model alone in Python. Supported',
    );
    expect(() => checkConfig({ model_type: "qwen2_vl", text_config: { model_type: 7 } })).toThrow("nearest supported");
  });
});
