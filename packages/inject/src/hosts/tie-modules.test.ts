import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { injectAdapter } from "../attach/inject-adapter.ts";
import { UnsupportedSiteError } from "../errors/errors.ts";
import { AdapterMismatchError } from "../errors/mismatch-errors.ts";
import { checkFit } from "../fit/check-fit.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { tieModules } from "./tie-modules.ts";

let tied: HandMadeModel;
let untied: HandMadeModel;

beforeAll(() => {
  tied = new HandMadeModel({ tiedHead: true });
  untied = new HandMadeModel();
});

afterAll(() => {
  tied.dispose();
  untied.dispose();
});

const asking = (fields: Partial<LoraConfig>) => createLoraConfig({ ensureWeightTying: true, rank: 2, ...fields });

// PEFT 0.21.2's results for the same names, from its configurations after get_peft_model.
describe("tieModules", () => {
  it.each([
    [["embed_tokens"], ["embed_tokens", "model.embed_tokens"]],
    [["lm_head"], ["model.embed_tokens"]],
    [
      ["lm_head", "embed_tokens"],
      ["embed_tokens", "model.embed_tokens"],
    ],
  ])("saves the embedding for %j", (modulesToSave, expected) => {
    const found = tieModules(tied, asking({ targetModules: ["q_proj"], modulesToSave }));
    expect(found.kind).toBe("saved");
    expect(found.tiedModules).toEqual(["lm_head"]);
    expect(found.config.modulesToSave).toEqual(expected);
  });

  it.each([
    [
      ["q_proj", "embed_tokens"],
      ["q_proj", "embed_tokens", "model.embed_tokens"],
    ],
    [
      ["q_proj", "lm_head"],
      ["q_proj", "model.embed_tokens"],
    ],
    [".*(q_proj|embed_tokens)$", "(?:.*(q_proj|embed_tokens)$|^model\\.embed_tokens$)"],
  ])("adapts the embedding for %j", (targetModules, expected) => {
    const found = tieModules(tied, asking({ targetModules }));
    expect(found.kind).toBe("targets");
    expect(found.config.targetModules).toEqual(expected);
  });

  it("believes a file's tensors rather than names: PEFT's configuration of GPT-2 no longer names the head", () => {
    const config = asking({ targetModules: ["q_proj", "lm_head"] });
    expect(tieModules(tied, config, new Set(["model.embed_tokens.lora_embedding_A"])).kind).toBeNull();
    const renamed = { ...config, targetModules: ["q_proj", "model.embed_tokens"] };
    expect(tieModules(tied, renamed, new Set(["lm_head.lora_A.weight"])).kind).toBe("targets");
    expect(tieModules(tied, renamed, new Set(["lm_head.weight"])).kind).toBe("saved");
  });

  it("changes nothing if nothing is shared or named, and reports it", () => {
    for (const [model, fields] of [
      [untied, { targetModules: ["lm_head"] }],
      [tied, { targetModules: ["q_proj"] }],
    ] as const) {
      const config = asking(fields);
      const found = tieModules(model, config);
      expect(found.config).toBe(config);
      expect(found.warnings.map(({ code }) => code)).toEqual(["NOTHING_TIED"]);
    }
  });
});

describe("ensure_weight_tying", () => {
  it("counts a shared weight once, and has one variable for both names", () => {
    const shared = planInjection(tied, asking({ targetModules: ["embed_tokens"] }));
    const handle = injectAdapter(tied, shared, { seed: 1 });
    expect([...handle.variables.keys()].filter((key) => key.startsWith("lm_head"))).toEqual([]);
    handle.dispose();
    expect(shared.trainableParameters).toBe(2 * (11 + 6));
    expect(partsOf(shared, "tied-site").map(({ path, sourcePath: source }) => [path, source])).toEqual([
      ["lm_head", "model.embed_tokens"],
    ]);
    expect(shared.warnings).toEqual([]);
  });

  it("writes both names with the same values, and refuses a file in which they differ", async () => {
    const handle = injectAdapter(tied, planInjection(tied, asking({ targetModules: ["embed_tokens"] })), { seed: 1 });
    const adapter = await handle.toAdapter();
    handle.dispose();
    expect([...adapter.tensors.keys()]).toEqual([
      "model.embed_tokens.lora_embedding_A",
      "model.embed_tokens.lora_embedding_B",
      "lm_head.lora_A.weight",
      "lm_head.lora_B.weight",
    ]);
    expect(partsOf(checkFit(tied, adapter), "tied-site").length).toBe(1);
    adapter.tensors.get("lm_head.lora_A.weight")!.values[3] = 7;
    expect(() => checkFit(tied, adapter)).toThrow(AdapterMismatchError);
    expect(() => checkFit(tied, adapter)).toThrow(/lm_head.lora_A.weight.*ensure_weight_tying/s);
  });

  it("refuses different ranks, initializations that read the weight, and other tokens of the same table", () => {
    const both = { targetModules: ["embed_tokens"] };
    const other = new Map([["lm_head", 1]]);
    expect(() => planInjection(tied, asking({ ...both, rankPattern: other }))).toThrow(UnsupportedSiteError);
    expect(() => planInjection(tied, asking({ ...both, init: "pissa" }))).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_START" }),
    );
    const trainableTokenIndices = new Map([
      ["embed_tokens", [1, 2]],
      ["lm_head", [3]],
    ]);
    expect(() => planInjection(tied, asking({ targetModules: ["q_proj"], trainableTokenIndices }))).toThrow(
      /same tokens/,
    );
  });
});
