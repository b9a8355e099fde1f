import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace, tiny, tokenRows } from "./workspace.ts";

const work = makeWorkspace();
let gpt2: readonly string[];
let tokens: string;

beforeAll(async () => {
  gpt2 = ["--model", await damaged(fixture("gpt2", "base"), "transformer.h.1.mlp.c_fc.bias")];
  tokens = work.write("tokens.jsonl", jsonl(tokenRows("gpt2")));
});

/** A copy of a base of which one tensor holds NaN, once. */
async function damaged(base: string, key: string): Promise<string> {
  const folder = work.path(key);
  await cp(base, folder, { recursive: true });
  const bytes = await readFile(join(folder, "model.safetensors"));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const { dtype, data_offsets: offsets } = JSON.parse(bytes.toString("utf8", 8, 8 + headerLength))[key];
  const nan = dtype === "F32" ? [0, 0, 0xc0, 0x7f] : [0xc0, 0x7f]; // BF16
  bytes.set(nan, 8 + headerLength + offsets[0] + 4);
  await writeFile(join(folder, "model.safetensors"), bytes);
  return folder;
}

const named = `The weight "transformer.h.1.mlp.c_fc.bias" of the base contains NaN`;

describe("a base with NaN is named, and gives no answer", () => {
  it("by generate", async () => {
    const model = ["--model", await damaged(tiny, "model.layers.1.mlp.down_proj.weight"), "--engine", "wasm"];
    const { code, stdout, stderr } = await work.call("generate", ...model, "--prompt", "Once");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("A logit of prompt 1, new token 1, is NaN");
    expect(stderr).toContain(`The weight "model.layers.1.mlp.down_proj.weight" of the base contains NaN`);
  });

  it("by evaluate", async () => {
    const { code, stdout, stderr } = await work.call("evaluate", ...gpt2, "--data", tokens);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("The mean loss is NaN");
    expect(stderr).toContain(named);
  });

  it("by evaluate for a classifier", async () => {
    const model = await damaged(fixture("bert-seqcls", "base"), "bert.pooler.dense.weight");
    const data = work.write("classes.jsonl", jsonl([{ input_ids: [5, 7], label: 1 }]));
    const { code, stdout, stderr } = await work.call("evaluate", "--model", model, "--data", data);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`The weight "bert.pooler.dense.weight" of the base contains NaN`);
  });

  it("by forward, which writes nothing", async () => {
    const inputs = work.write("inputs.json", '{"input_ids": [[5, 7]]}');
    const { code, stderr } = await work.call("forward", ...gpt2, "--inputs", inputs, "--out", work.path("logits"));
    expect(code).toBe(1);
    expect(stderr).toContain("One of the logits is NaN");
    expect(stderr).toContain(named);
    expect(await readdir(work.path("."))).not.toContain("logits");
  });

  it("by train, which does not blame the learning rate", async () => {
    const out = ["--out", work.path("adapter"), "--steps", "2"];
    const { code, stderr } = await work.call("train", ...gpt2, "--data", tokens, ...out);
    expect(code).toBe(1);
    expect(stderr).toContain("The loss of step 1 is NaN");
    expect(stderr).toContain(named);
    expect(stderr).toContain("nothing was written");
    expect(stderr).not.toMatch(/diverged|--learning-rate/);
  });
});

it("weights that become infinite are a diverged training, also when they are saved", async () => {
  const wild = ["--learning-rate", "1e39", "--warmup-steps", "0", "--steps", "3", "--batch-size", "2"];
  const command = ["train", "--model", fixture("gpt2", "base"), "--data", tokens, ...wild];
  for (const more of [[], ["--save-every", "1"]]) {
    const { code, stderr } = await work.call(...command, ...more, "--out", work.path(`wild${more.length}`));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /The adapter's weight "transformer\.h\.0\.attn\.c_attn\.lora_B\.weight" contains (NaN|-?Infinity) after step 1/,
    );
    expect(stderr).toContain("training diverged. No earlier step was saved, so nothing was written");
    expect(stderr).not.toContain("LoRA adapter");
  }
});
