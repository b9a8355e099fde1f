import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";

import type { LoraConfig } from "../lora-config.ts";
import { matchesTarget } from "./matches-target.ts";
import { planMatches } from "./plan-matches.ts";

const projections = ["q_proj", "k_proj", "v_proj", "o_proj"];
const linearPaths = [0, 1, 2, 3, 4, 5].flatMap((layer) =>
  projections.map((name) => `model.layers.${layer}.self_attn.${name}`),
);
const paths = ["model.embed_tokens", ...linearPaths, "model.norm", "lm_head"];
const facts = { modelType: "llama", linearPaths: [...linearPaths, "lm_head"], outputHeadPaths: ["lm_head"] };

const plan = (options: Partial<LoraConfig>) => planMatches(createLoraConfig(options), paths, facts);

describe("planning matches", () => {
  it("lists the matched modules in the model's order", () => {
    expect(plan({ targetModules: ["v_proj", "q_proj"], layersToTransform: 0 }).matched).toEqual([
      "model.layers.0.self_attn.q_proj",
      "model.layers.0.self_attn.v_proj",
    ]);
  });

  it("uses PEFT's default targets if none are given, and writes them into the configuration", () => {
    const { config, matched } = plan({});
    expect(config.targetModules).toEqual(["q_proj", "v_proj"]);
    expect(matched).toHaveLength(12);
  });

  it("requires targets if a model has no defaults", () => {
    expect(() => planMatches(createLoraConfig(), paths, { modelType: "mamba" })).toThrow('of type "mamba"');
    expect(() => planMatches(createLoraConfig(), paths)).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
  });

  it("all-linear, in any case of letters, means every linear module but the head", () => {
    expect(plan({ targetModules: "all-linear" }).matched).toEqual(linearPaths);
    expect(plan({ targetModules: "All-Linear" }).matched).toEqual(linearPaths);
  });

  it("all-linear leaves out what PEFT refuses in models with Mamba layers; named, it is adapted with a warning", () => {
    const linear = ["layers.0.mamba.in_proj", "layers.0.mamba.out_proj"];
    const planFor = (modelType: string, targetModules: LoraConfig["targetModules"]) =>
      planMatches(createLoraConfig({ targetModules }), linear, { modelType, linearPaths: linear });
    expect(planFor("falcon_h1", "all-linear")).toMatchObject({ matched: linear.slice(0, 1), warnings: [] });
    expect(planFor("granitemoehybrid", "all-linear")).toMatchObject({ matched: linear, warnings: [] });
    const named = planFor("falcon_h1", ["out_proj"]);
    expect(named.matched).toEqual(linear.slice(1));
    expect(named.warnings.map(({ code }) => code)).toEqual(["TARGET_REFUSED_BY_PEFT"]);
  });

  it("all-linear leaves out modules that are trained in full", () => {
    const { matched, saved } = plan({ targetModules: "all-linear", modulesToSave: ["layers.0.self_attn.q_proj"] });
    expect(matched).toEqual(linearPaths.slice(1));
    expect(saved).toEqual(["model.layers.0.self_attn.q_proj"]);
  });

  it("all-linear leaves out modules that are trained in full because of the end of their name, without a dot", () => {
    const { matched, saved } = plan({ targetModules: "all-linear", modulesToSave: ["s.0.self_attn.q_proj"] });
    expect(matched).toEqual(linearPaths.slice(1));
    expect(saved).toEqual(["model.layers.0.self_attn.q_proj"]);
  });

  it("writes twenty or more full names by their endings, which mean the same modules", () => {
    const { config, matched } = plan({ targetModules: "all-linear" });
    expect(config.targetModules).toEqual(projections);
    expect(paths.filter((path) => matchesTarget(config, path))).toEqual(matched);
  });

  it("keeps a full name if its ending would match more", () => {
    const { config, matched } = plan({ targetModules: linearPaths.slice(0, 23) });
    expect(paths.filter((path) => matchesTarget(config, path))).toEqual(matched);
    expect(matched).toHaveLength(23);
  });
});

describe("names that mean nothing", () => {
  it("are reported one by one with near names, even if others match", () => {
    const { unmatchedTargets, suggestions, warnings } = plan({ targetModules: ["q_proj", "v_porj", "query"] });
    expect(unmatchedTargets).toEqual(["v_porj", "query"]);
    expect(suggestions.get("v_porj")?.[0]).toBe("v_proj");
    expect(warnings.map(({ code }) => code)).toEqual(["TARGET_MATCHED_NOTHING", "TARGET_MATCHED_NOTHING"]);
    expect(warnings[0]?.message).toContain("Did you mean v_proj");
  });

  it("a regular expression in a list is explained", () => {
    const { warnings } = plan({ targetModules: ["q_proj", ".*v_proj"] });
    expect(warnings[0]?.message).toContain("give a regular expression as one text, not in a list");
  });

  it("are an error if nothing at all matched, with the names there are", () => {
    expect(() => plan({ targetModules: ["c_attn"] })).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
    expect(() => plan({ targetModules: ["c_attn"] })).toThrow("end with embed_tokens, q_proj");
    expect(() => plan({ targetModules: ".*c_attn" })).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
    expect(() => plan({ targetModules: [] })).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
  });

  it.each([
    [{ layersToTransform: [9] }, "in the layers that layers_to_transform = [9] chooses: it is in layers 0 to 5."],
    [{ layersToTransform: 9 }, "in the layers that layers_to_transform = 9 chooses: it is in layers 0 to 5."],
    [
      { layersToTransform: [1], layersPattern: "h" },
      'in the layers that layers_to_transform = [1] and layers_pattern = "h" choose: it is in layers 0 to 5.',
    ],
  ])("a choice of layers that are not there is named instead of the target: %j", (choice, reason) => {
    const choosing = () => plan({ targetModules: ["q_proj", "v_proj"], ...choice });
    expect(choosing).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
    expect(choosing).toThrow(`"q_proj" matches no module ${reason}`);
    expect(choosing).not.toThrow("Did you mean q_proj");
  });

  it("a choice of layers is named for one target of several, too", () => {
    const named = ["layers.0.self_attn.q_proj", "v_proj"];
    const { warnings, suggestions } = plan({ targetModules: named, layersToTransform: [1] });
    expect(warnings.map(({ message }) => message)).toEqual([
      'The target "layers.0.self_attn.q_proj" matches no module in the layers that layers_to_transform = [1] chooses: it is in layers 0.',
    ]);
    expect(suggestions.size).toBe(0);
  });

  it("a target that is trained in full is reported", () => {
    const both = () => plan({ targetModules: ["norm"], modulesToSave: ["norm"] });
    expect(both).toThrow('"norm" matches no module that could be adapted: modules_to_save already trains all of it');
  });

  it("a pattern that is one text is not taken for one in a list", () => {
    expect(() => plan({ targetModules: ".*c_attn" })).not.toThrow("not in a list");
  });

  it("an exclusion of all targets is reported", () => {
    expect(() => plan({ targetModules: ["q_proj"], excludeModules: ".*" })).toThrow("left out by exclude_modules");
  });

  it("an exclusion that excludes nothing is reported", () => {
    const { excluded, unusedExcludes } = plan({
      targetModules: ["q_proj"],
      excludeModules: ["layers.0.self_attn.q_proj", "nothing"],
    });
    expect(excluded).toEqual(["model.layers.0.self_attn.q_proj"]);
    expect(unusedExcludes).toEqual(["nothing"]);
  });

  it("are counted quickly, however many a file has", () => {
    const targetModules = Array.from({ length: 100_000 }, (_, index) => `name${index}`);
    const start = performance.now();
    expect(() => plan({ targetModules })).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe("a target under the name that transformers 5 changed", () => {
  it("is not taken for another module that only looks like it", () => {
    const config = createLoraConfig({ targetModules: ["embed_out"] });
    const plan = (paths: readonly string[]) => () => planMatches(config, paths);
    expect(plan(["gpt_neox.embed_in", "lm_head"])).toThrow('"embed_out" matches no module. Did you mean lm_head?');
    expect(plan(["gpt_neox.embed_in"])).toThrow('"embed_out" matches no module: transformers 5 calls it lm_head');
  });
});
