// Each program of examples/ runs by itself, as examples/README.md says, and prints what it is there to show.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeArguments } from "@lowrank/testing/node-arguments";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "./extract-examples.ts";

const examples = join(root, "examples");
const tinyModel = join(root, "packages/tiny-model/model");
const folder = mkdtempSync(join(tmpdir(), "lowrank-programs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(examples, name, "main.ts");

function run(name: string, parameters: readonly string[] = []): string {
  return execFileSync("node", [...nodeArguments, pathOf(name), ...parameters], { cwd: examples, encoding: "utf8" });
}

describe("examples", () => {
  it("lora-from-scratch finds the change of a weight, and its merged layer computes what the adapted one does", () => {
    const printed = run("lora-from-scratch");
    const numberAfter = (text: string) => Number(new RegExp(`${text} (\\S+)$`, "m").exec(printed)?.[1]);
    expect(numberAfter("step 0: loss")).toBeGreaterThan(0.1);
    expect(numberAfter("step 300: loss")).toBeLessThan(1e-9);
    expect(numberAfter("adapted outputs differ by at most")).toBeLessThan(1e-5);
    expect(numberAfter("tuned weights differ by at most")).toBeLessThan(1e-4);
  });

  it("train-an-image-classifier sorts most images rightly and writes an adapter with its head", () => {
    const list = join(root, "runs", "drawn-images");
    const out = join(folder, "image-classifier");
    const [, after] = /after: (\d+) %/.exec(run("train-an-image-classifier")) ?? [];
    expect(Number(after)).toBeGreaterThan(80);
    // Once more as with files and a folder of one's own.
    const own = [join(root, "fixtures/peft/vit/base"), join(list, "1.jsonl"), join(list, "2.jsonl"), out];
    expect(run("train-an-image-classifier", own)).toContain("of 60 images (across, down, squares)");
    const file = readFileSync(join(out, "adapter_model.safetensors"), "latin1");
    expect(file).toContain("base_model.model.classifier.weight");
  }, 240_000);

  it("describe-images describes most images as they were drawn", () => {
    const [, after] = /before: 0 %, after: (\d+) %/.exec(run("describe-images")) ?? [];
    expect(Number(after)).toBeGreaterThan(50);
  }, 240_000);

  it("adapt-a-graph-model beats a logistic regression on frozen embeddings, and its merged model runs without lowrank", () => {
    const printed = run("adapt-a-graph-model", ["--out", join(folder, "graph")]);
    const [, frozen, adapted] = /frozen embeddings +([\d.]+) %.*\n.*same head +([\d.]+) %/.exec(printed) ?? [];
    expect(Number(adapted)).toBeGreaterThan(Number(frozen) + 3);
    expect(Number(/differs by (\S+)/.exec(printed)?.[1])).toBeLessThan(1e-5);
    expect(existsSync(join(folder, "graph", "model.json"))).toBe(true);
  }, 400_000);

  it("adapt-a-layers-model learns other digits by a twentieth of the numbers, and writes adapters", () => {
    const out = join(folder, "digits");
    const printed = run("adapt-a-layers-model", ["--epochs", "4", "--out", out]);
    const accuracyOf = (way: string) => Number(new RegExp(`^${way} +([\\d.]+) %`, "m").exec(printed)?.[1]);
    const before = Number(/^before: ([\d.]+) %/.exec(printed)?.[1]);
    expect(accuracyOf("LoRA")).toBeGreaterThan(before + 30);
    expect(accuracyOf("LoRA")).toBeGreaterThan(accuracyOf("last layer"));
    expect(existsSync(join(out, "DoRA", "adapter_model.safetensors"))).toBe(true);
  }, 240_000);

  it("search-in-node improves its search, and writes an adapter of states", () => {
    const out = join(folder, "search");
    const [, before, after] =
      /found before: (\d+) %, after: (\d+) %/.exec(run("search-in-node", [tinyModel, out, "20"])) ?? [];
    expect(Number(after)).toBeGreaterThan(Number(before) + 15);
    const config = JSON.parse(readFileSync(join(out, "adapter_config.json"), "utf8"));
    expect(config.task_type).toBe("FEATURE_EXTRACTION");
  }, 240_000);

  it("learn-json-by-reward begins without valid answers, makes a step, and writes an adapter", () => {
    // SmolLM2 learns this in ten minutes. The tiny model never does; the program is the same.
    const [chat, out] = [join(folder, "tiny-chat"), join(folder, "json")];
    cpSync(tinyModel, chat, { recursive: true });
    const settings = JSON.parse(readFileSync(join(chat, "tokenizer_config.json"), "utf8"));
    const chat_template = "{% for message in messages %}{{ message.content }} {% endfor %}";
    writeFileSync(join(chat, "tokenizer_config.json"), JSON.stringify({ ...settings, chat_template }));
    const printed = run("learn-json-by-reward", [chat, out, "1", "1", "4"]);
    expect(printed).toMatch(/^before: 0 % valid/m);
    expect(printed).toMatch(/^step 1: reward 0\.\d+ ± 0\.\d+/m);
    expect(existsSync(join(out, "adapter_model.safetensors"))).toBe(true);
  }, 240_000);

  it("adapter-without-tensors halves alpha and keeps the numbers, importing no TensorFlow.js", () => {
    const [source, out] = [join(root, "fixtures/peft/gpt2/adapter"), join(folder, "half")];
    expect(run("adapter-without-tensors", [source, out])).toContain("4 tensors, 1024 numbers");
    const alphaOf = (path: string) => JSON.parse(readFileSync(join(path, "adapter_config.json"), "utf8")).lora_alpha;
    expect(alphaOf(out)).toBe(alphaOf(source) / 2);
    const weights = (path: string) => readFileSync(join(path, "adapter_model.safetensors"));
    expect(weights(out).equals(weights(source))).toBe(true);
    const imported = readFileSync(pathOf("adapter-without-tensors"), "utf8").matchAll(/from "([^"]+)"/g);
    expect([...imported].map(([, name]) => name)).toEqual(["@lowrank/adapter-format/node"]);
  });
});

it("every example is described in examples/README.md", () => {
  const { scripts } = JSON.parse(readFileSync(join(examples, "package.json"), "utf8"));
  const readme = readFileSync(join(examples, "README.md"), "utf8");
  for (const name of Object.keys(scripts).filter((script) => script !== "typecheck")) {
    expect(readme).toContain(`npm run ${name} --workspace examples`);
    expect(existsSync(join(examples, name))).toBe(true);
  }
});
