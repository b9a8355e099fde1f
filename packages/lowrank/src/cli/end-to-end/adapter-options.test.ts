import { readFile } from "node:fs/promises";
import { initFacts, initNames } from "@lowrank/adapter-format/internal";
import { beforeAll, describe, expect, it } from "vitest";
import { recipeOptions } from "../../options/all-options.ts";
import { fixture, jsonl, makeWorkspace, tokenRows } from "./workspace.ts";

const work = makeWorkspace();

const llama = ["--model", fixture("llama-gqa", "base")];
const steps = ["--steps", "2", "--batch-size", "2", "--learning-rate", "1e-3", "--seed", "3", "--json"];

const rows = tokenRows("llama-gqa");
const tokens = work.write("tokens.jsonl", jsonl([...rows, ...rows]));

async function trained(name: string, ...options: readonly string[]) {
  const out = work.path(name);
  const call = await work.call("train", ...llama, "--data", tokens, "--out", out, ...steps, ...options);
  expect([call.code, call.stderr]).toEqual([0, expect.not.stringContaining("rror")]);
  const config = JSON.parse(await readFile(work.path(name, "adapter_config.json"), "utf8"));
  const losses = call.json.filter(({ type }) => type === "step").map(({ loss }) => Number(loss));
  const evaluated = await work.call("evaluate", ...llama, "--adapter", out, "--data", tokens, "--json");
  expect(evaluated.code).toBe(0);
  return { config, losses, evaluated: Number(evaluated.json.at(-1)?.loss), stderr: call.stderr };
}

const starts = recipeOptions.get("init")?.value.enum ?? [];
const measuringInits: readonly string[] = initNames.filter((name) => "measures" in initFacts[name]);

describe("the initialization of a new adapter", () => {
  let plain: Awaited<ReturnType<typeof trained>>;
  beforeAll(async () => {
    plain = await trained("plain");
  });

  it.each(starts.filter((start) => start !== "loftq"))("%s leaves the model as it was, and trains", async (start) => {
    const looks = measuringInits.includes(start) ? ["--init-batches", "2"] : [];
    const { losses, evaluated } = await trained(`start-${start}`, "--init", start, ...looks);
    expect(losses[0]).toBeCloseTo(plain.losses[0] ?? 0, 4);
    // Written and read again, it is what was trained.
    expect(evaluated).toBeLessThan(losses[0] ?? 0);
  });

  it("loftq starts from a rounded base, with PEFT's settings if there are none", async () => {
    const { config } = await trained("loftq", "--init", "loftq");
    expect(config).toMatchObject({ init_lora_weights: "loftq", loftq_config: { loftq_bits: 4, loftq_iter: 1 } });
  });

  it("eva moves ranks to layers whose inputs vary most", async () => {
    const { config } = await trained("eva-ranks", "--init", "eva", "--rank", "4", "--target-modules", "all-linear");
    const ranks = new Set(Object.values(config.rank_pattern));
    expect(ranks.size).toBeGreaterThan(1);
  });
});

describe("fields of PEFT's LoraConfig", () => {
  it("have their own options", async () => {
    const { config } = await trained("flags", "--use-dora", "--bias", "lora_only", "--use-rslora");
    expect(config).toMatchObject({ use_dora: true, bias: "lora_only", use_rslora: true, lora_alpha: 16 });
  });

  it("come from a file, and options go before it", async () => {
    const file = work.write(
      "fields.json",
      JSON.stringify({
        peft_type: "LORA",
        r: 2,
        target_modules: ["q_proj", "v_proj"],
        rank_pattern: { "layers.0.self_attn.q_proj": 5 },
        layers_to_transform: [0],
        use_dora: true,
      }),
    );
    const { config } = await trained("file", "--lora-config", file, "--alpha", "32");
    expect(config).toMatchObject({
      r: 2,
      lora_alpha: 32,
      rank_pattern: { "layers.0.self_attn.q_proj": 5 },
      layers_to_transform: [0],
      use_dora: true,
      task_type: "CAUSAL_LM",
    });
  });

  it("may repeat layers", async () => {
    const file = work.write(
      "repeated.json",
      JSON.stringify({
        peft_type: "LORA",
        target_modules: ["q_proj"],
        layer_replication: [
          [0, 2],
          [0, 2],
        ],
      }),
    );
    const { config, losses, evaluated } = await trained("repeated", "--lora-config", file);
    expect(config.layer_replication).toEqual([
      [0, 2],
      [0, 2],
    ]);
    expect(evaluated).toBeLessThan(losses[0] ?? 0);
  });

  it.each([
    ["a file that is not there", "absent.json", undefined, /--lora-config.*absent\.json/],
    ["a broken field", "broken.json", { peft_type: "LORA", r: "eight" }, /broken\.json[\s\S]*r: .*eight/],
    ["another method", "other.json", { peft_type: "IA3" }, /other\.json[\s\S]*IA3/],
  ])("are refused: %s", async (_, name, content, message) => {
    if (content !== undefined) work.write(name, JSON.stringify(content));
    const flags = ["--data", tokens, "--out", work.path("never"), "--lora-config", work.path(name)];
    const { code, stderr } = await work.call("train", ...llama, ...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  it("cannot be changed of an adapter that is continued", async () => {
    const flags = ["--data", tokens, "--out", work.path("never"), "--adapter", fixture("llama-gqa", "adapter")];
    const { code, stderr } = await work.call("train", ...llama, ...flags, "--use-dora", "--init", "pissa");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Remove --use-dora, --init/)]);
  });
});
