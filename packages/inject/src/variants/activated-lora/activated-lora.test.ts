import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UnsupportedSiteError } from "../../errors/errors.ts";
import { planInjection } from "../../plan/plan-injection.ts";

describe("alora_invocation_tokens", () => {
  let made: HandMadeModel;
  /** The same model, which claims to know the positions of its states. */
  let model: AdaptableModel;

  beforeEach(() => {
    made = new HandMadeModel();
    model = {
      modelType: made.modelType,
      knowsTokenPositions: true,
      sites: () => made.sites(),
      parameters: () => made.parameters(),
    };
  });
  afterEach(() => made.dispose());

  const configOf = (options: Partial<LoraConfig>) =>
    createLoraConfig({ targetModules: ["q_proj"], activationTokens: [4, 9], taskType: "CAUSAL_LM", ...options });
  const plan = (options: Partial<LoraConfig>) => planInjection(model, configOf(options));

  it("are planned on linear layers, without a warning for a causal language model", () => {
    const { config, warnings } = plan({ rank: 2 });
    expect([config.activationTokens, warnings]).toEqual([[4, 9], []]);
  });

  it("cause a warning for any other task, as in PEFT, unless there are none", () => {
    const codes = (options: Partial<LoraConfig>) => plan({ rank: 2, ...options }).warnings.map(({ code }) => code);
    expect(codes({ taskType: null })).toEqual(["INVOCATION_TASK"]);
    expect(codes({ taskType: "FEATURE_EXTRACTION" })).toEqual(["INVOCATION_TASK"]);
    expect(codes({ taskType: null, activationTokens: [] })).toEqual([]);
  });

  it("are refused if a model does not know its states' positions, with tokens and model", () => {
    const refused = () => planInjection(made, configOf({}));
    expect(refused).toThrow(expect.objectContaining({ code: "INVOCATION_TOKENS" }));
    expect(refused).toThrow(/\[4, 9\].*\(llama\)/);
    expect(() => planInjection(made, configOf({ activationTokens: [] }))).not.toThrow();
  });

  it.each<[string, Partial<LoraConfig>]>([
    ["embedding", { targetModules: ["embed_tokens", "q_proj"] }],
    ["parameter", { targetModules: [], targetParameters: ["classifier.weight"] }],
  ])("are refused on any other kind of layer: %s", (kind, options) => {
    const reason = "alora_invocation_tokens is for linear layers";
    expect(() => plan(options)).toThrow(UnsupportedSiteError);
    expect(() => plan(options)).toThrow(reason);
    expect(() => plan(options)).toThrow(`(${kind})`);
  });

  it("are among all that is wrong", () => {
    const broken = () => planInjection(made, configOf({ targetModules: ["embed_tokens"] }));
    expect(broken).toThrow(expect.objectContaining({ code: "SEVERAL_PROBLEMS" }));
    expect(broken).toThrow(/alora_invocation_tokens \[4, 9\][\s\S]*alora_invocation_tokens is for linear layers/);
  });
});
