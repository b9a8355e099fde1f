import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectedFacts, fixture, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();

describe("lowrank merge", () => {
  it("writes a model that needs no adapter to give the adapted loss", async () => {
    const merged = work.path("merged");
    const both = ["--model", fixture("llama-gqa-tied", "base"), "--adapter", fixture("llama-gqa-tied", "adapter")];
    const { code, json } = await work.call("merge", ...both, "--out", merged, "--json");
    expect(code).toBe(0);
    expect(json[0]?.files).toContainEqual(
      expect.objectContaining({ name: "model.safetensors", sha256: expect.any(String) }),
    );
    expect(await readdir(merged)).toEqual(expect.arrayContaining(["config.json", "model.safetensors"]));

    const { inputs, adapter_loss } = expectedFacts("llama-gqa-tied");
    const inputsFile = work.write("inputs.json", JSON.stringify(inputs));
    const out = ["--inputs", inputsFile, "--out", work.path("logits.safetensors"), "--json"];
    const forward = await work.call("forward", "--model", merged, ...out);
    expect(forward.json[0]?.loss).toBeCloseTo(adapter_loss, 4);
  });

  it("adds the adapter's tokens to the base, and reports it", async () => {
    const merged = work.path("more-tokens");
    const folder = (part: string) => fixture("..", "lora-features", "added-tokens", part);
    const both = ["--model", folder("base"), "--adapter", folder("adapter")];
    const { code, json, stderr } = await work.call("merge", ...both, "--out", merged, "--verify", "--json");
    expect([code, json.at(-1)?.largestDifference]).toEqual([0, expect.closeTo(0, 4)]);
    expect(stderr).toContain("vocabulary of the base from 48 to 51 tokens");
    expect(JSON.parse(await readFile(join(merged, "config.json"), "utf8"))).toMatchObject({ vocab_size: 51 });
  });

  it("separates the weights of a table and its tied head on request, and explains how", async () => {
    const merged = work.path("untied");
    const folder = (part: string) => fixture("..", "shared-tables", "other-table-opt", part);
    const argv = ["--model", folder("base"), "--adapter", folder("adapter"), "--out", merged, "--json"];
    const refused = await work.call("merge", ...argv);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--tied untie")]);
    const { code, json } = await work.call("merge", ...argv, "--tied", "untie", "--verify");
    expect([code, json.at(-1)?.largestDifference]).toEqual([0, expect.closeTo(0, 4)]);
    expect(JSON.parse(await readFile(join(merged, "config.json"), "utf8"))).toMatchObject({
      tie_word_embeddings: false,
    });
  });

  it.each(["t5", "bart", "vit", "bert-seqcls"])("checks %s on inputs of the kind that it reads", async (name) => {
    const merged = work.path(`merged-${name}`);
    const both = ["--model", fixture(name, "base"), "--adapter", fixture(name, "adapter")];
    const { code, json, stderr } = await work.call("merge", ...both, "--out", merged, "--verify", "--json");
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect(json.at(-1)?.largestDifference).toBeLessThan(1e-4);
    expect(await readdir(merged)).toContain("model.safetensors");
  });

  it("reports in advance what it would write, and afterwards the rounding of numbers", async () => {
    const out = work.path("planned");
    const both = ["--model", fixture("gpt2", "base"), "--adapter", fixture("gpt2", "adapter")];
    const argv = [...both, "--out", out, "--dtype", "bf16", "--json"];
    const plan = await work.call("merge", ...argv, "--plan");
    expect([plan.code, await readdir(work.path("."))]).toEqual([0, expect.not.arrayContaining(["planned"])]);
    const { json, stderr } = await work.call("merge", ...argv);
    const sizes = (files: unknown) =>
      (files as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes]);
    expect(sizes(json[0]?.files)).toEqual(sizes(plan.json[0]?.files));
    expect(json[0]).toMatchObject({
      rounding: { largest: expect.any(Number), tensor: expect.stringContaining("c_attn") },
    });
    expect(stderr).toContain("rounded to BF16");
  });

  it("never writes over the base", async () => {
    const model = fixture("gpt2", "base");
    const argv = ["--model", model, "--adapter", fixture("gpt2", "adapter"), "--out", model, "--overwrite"];
    const { code, stderr } = await work.call("merge", ...argv);
    expect(code).toBe(1);
    expect(stderr).toContain("which this command reads");
  });
});

describe("lowrank inspect", () => {
  it("describes an adapter and which base it fits", async () => {
    const { code, stdout } = await work.call("inspect", fixture("patterns", "adapter"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/fits .*q_proj: \d+ → \d+, rank \d+, scaling/);
  });

  it("reports how wide the base is, and not how wide blocks are", async () => {
    const adapter = fixture("..", "lora-features", "bd-lora", "adapter");
    const { stdout } = await work.call("inspect", adapter);
    expect(stdout).toMatch(/fits .*q_proj: 24 → 24, rank 4/);
    expect(stdout).toMatch(/fits .*down_proj: 40 → 24, rank 4/);
  });

  it("describes a model, sharded or not", async () => {
    for (const name of ["sharded", "bert-seqcls"]) {
      const { code, json } = await work.call("inspect", fixture(name, "base"), "--json");
      expect(code).toBe(0);
      expect(json[0]).toMatchObject({ kind: "model", isSupported: true, warnings: [] });
      expect(json[0]?.parameters).toBeGreaterThan(10_000);
    }
  });

  it("reports that a model has no limit of positions", async () => {
    expect((await work.call("inspect", fixture("t5", "base"))).stdout).toMatch(/positions +no limit/);
    expect((await work.call("inspect", fixture("bart", "base"))).stdout).toMatch(/positions +32/);
  });

  it("names the file and the problem if config.json is not a JSON object", async () => {
    await mkdir(work.path("broken"));
    for (const [config, damage] of [
      ["{model_type", "it is not JSON"],
      ["[1]", "a JSON object is expected"],
    ] as const) {
      work.write("broken/config.json", config);
      const { code, stderr } = await work.call("inspect", work.path("broken"));
      expect(code).toBe(1);
      expect(stderr).toContain('"config.json"');
      expect(stderr).toContain(damage);
      expect(stderr).not.toContain("not foreseen");
    }
  });

  it("makes terminal escapes in names harmless", async () => {
    const header = JSON.stringify({ "w\u001b[31m": { dtype: "U8", shape: [1], data_offsets: [0, 1] } });
    const file = work.write(
      "escape.safetensors",
      `${String.fromCharCode(header.length, 0, 0, 0, 0, 0, 0, 0)}${header}x`,
    );
    const { code, stdout } = await work.call("inspect", file);
    expect(code).toBe(0);
    expect(stdout).toContain("w\\u001b[31m");
    expect(stdout).not.toContain("\u001b");
  });

  it("calls a damaged file by the name of its damage", async () => {
    const file = work.write("short.safetensors", "short");
    const { code, stderr } = await work.call("inspect", file);
    expect(code).toBe(1);
    expect(stderr).toContain("short.safetensors");
  });

  it("finds neither adapter nor model in an empty folder", async () => {
    const { code, stderr } = await work.call("inspect", work.path("."));
    expect(code).toBe(1);
    expect(stderr).toContain("is neither an adapter nor a model");
  });
});
