// lowrank train --add-tokens: from a command to a tokenizer and a model that know the tokens, adapted or merged.

import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { openTokenizer } from "@lowrank/data";
import { diskFolder } from "@lowrank/merge/node";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { fixture, jsonl, makeWorkspace, shell, tiny } from "./workspace.ts";

const work = makeWorkspace();
const before = tf.engine().state.numTensors; // of files that share this process; memory() needs a backend

const tokens = ["<fact>", "</fact>", " riverside"];
const prompt = "name[Aromi]<fact>";
const completion = " riverside</fact>";

const data = work.write("rows.jsonl", jsonl([{ prompt, completion }]));

/** 4 M parameters: plain JavaScript takes three times as long. */
const call = (...argv: readonly string[]) => work.call(...argv, "--engine", "wasm");
const fast = ["--learning-rate", "0.03", "--target-modules", "q_proj,v_proj"];
const train = (model: string, out: string, ...more: readonly string[]) => {
  const options = shell`
    --model ${model} --data ${data}
    --out ${work.path(out)} ${more.includes("--adapter") ? fast.slice(0, 2) : fast}
  `;
  return call("train", ...options, ...more);
};
const generate = async (...models: readonly string[]) => {
  const { json } = await call("generate", ...models, "--prompt", prompt, "--max-new-tokens", "2", "--json");
  return json.find(({ type }) => type === "result");
};

describe("tokens that lowrank train adds", () => {
  it("are learned, and found again with the adapter and in the merged model", async () => {
    const trained = await train(tiny, "adapter", "--steps", "12", "--add-tokens", ...tokens);
    expect([trained.code, trained.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect(trained.stdout).toContain("Tokens: 3 new; the model gets 4099 rows, had 4096.");
    const config = JSON.parse(await readFile(work.path("adapter", "adapter_config.json"), "utf8"));
    expect(config.trainable_token_indices).toEqual([4096, 4097, 4098]);
    expect(await readFile(work.path("adapter", "README.md"), "utf8")).toContain("&#60;fact&#62;, &#60;/fact&#62;");

    const adapted = ["--model", tiny, "--adapter", work.path("adapter")];
    expect(await generate(...adapted)).toMatchObject({ text: completion, ids: [4098, 4097] });
    expect((await call("merge", ...adapted, "--out", work.path("merged"))).code).toBe(0);
    expect(await generate("--model", work.path("merged"))).toMatchObject({ text: completion, ids: [4098, 4097] });

    const evaluated = await call("evaluate", ...adapted, "--data", data, "--json");
    const merged = await call("evaluate", "--model", work.path("merged"), "--data", data, "--json");
    expect(evaluated.json[0]?.loss).toBeLessThan(0.5);
    expect(merged.json[0]?.loss).toBeCloseTo(Number(evaluated.json[0]?.loss), 4);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("stay with an adapter that is trained on", async () => {
    const again = await train(tiny, "continued", "--adapter", work.path("adapter"), "--steps", "1");
    expect(again.code).toBe(0);
    const texts = await Promise.all(
      ["adapter", "continued"].map((name) => readFile(work.path(name, "tokenizer.json"), "utf8")),
    );
    expect(texts[1]).toBe(texts[0]);
  });

  it("are the same after an interruption", async () => {
    const added = ["--steps", "2", "--save-every", "1", "--add-tokens", ...tokens];
    expect((await train(tiny, "whole", ...added)).code).toBe(0);
    const recording = recordingIo({ environment: { LOWRANK_ENGINE: "wasm" } });
    const stdout = (text: string) => {
      recording.io.stdout(text);
      if (text.includes('"step":1,')) recording.interrupt();
    };
    const command = ["train", "--model", tiny, "--data", data, ...fast, "--out", work.path("parts")];
    expect(await run([...command, ...added, "--json"], { ...recording.io, stdout })).toBe(130);
    expect((await call(...command, ...added, "--resume")).code).toBe(0);
    for (const file of ["adapter_model.safetensors", "tokenizer.json"]) {
      const [parts, whole] = await Promise.all(["parts", "whole"].map((name) => readFile(work.path(name, file))));
      expect(parts?.equals(whole ?? new Uint8Array()), file).toBe(true);
    }
  });

  it("use spare rows of the model, and are left out of text if they are special", async () => {
    await cp(fixture("llama-gqa", "base"), work.path("base"), { recursive: true });
    const model = { type: "WordLevel", vocab: { "[UNK]": 0, name: 1, Aromi: 2, riverside: 3 }, unk_token: "[UNK]" };
    const file = { model, added_tokens: [], pre_tokenizer: { type: "Whitespace" } };
    work.write("base/tokenizer.json", JSON.stringify(file));
    const { code, stdout } = await train(
      ...[work.path("base"), "spare", "--steps", "1", "--add-as-special", "--add-tokens", ...tokens],
    );
    expect(code).toBe(0);
    expect(stdout).toContain("Tokens: 3 new; the model's 100 rows are enough.");
    expect((await readdir(work.path("spare"))).sort()).toContain("tokenizer.json");
    const config = JSON.parse(await readFile(work.path("spare", "adapter_config.json"), "utf8"));
    expect(config.trainable_token_indices).toEqual({ embed_tokens: [4, 5, 6], lm_head: [4, 5, 6] });
    const tokenizer = await openTokenizer(diskFolder(work.path("spare")));
    expect(tokenizer.decode(tokenizer.encode("Aromi<fact>name"))).toBe("Aromi name");
  });
});

describe("tokens that lowrank train refuses, before the engine starts", () => {
  const cases: readonly (readonly [what: string, options: readonly string[], message: string])[] = [
    ["an empty one", ["--add-tokens", ""], '"": it is empty'],
    ["one of white space", ["--add-tokens", "<a>", " \t"], "only white space"],
    ["one that is named twice", ["--add-tokens", "<a>", "<b>", "<a>"], '"<a>": it is given twice'],
    ["one without end", ["--add-tokens", "x".repeat(257)], "257 characters, expected at most 256"],
    ["more for an adapter that is continued", ["--adapter", "nowhere", "--add-tokens", "<a>"], "Remove --add-tokens"],
    ["none that are special", ["--add-as-special"], "--add-as-special needs tokens to add"],
  ];

  it.each(cases)("%s", async (_, options, message) => {
    const { code, stdout, stderr } = await train(tiny, "refused", ...options);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
    expect(stdout).not.toContain("engine");
    expect(await readdir(work.path(".")), "nothing half-written").not.toContain("refused");
  });

  it("any, for a tokenizer of an unknown kind", async () => {
    await cp(fixture("gpt2", "base"), work.path("strange"), { recursive: true });
    work.write("strange/tokenizer.json", JSON.stringify({ model: { type: "CharLevel", vocab: { a: 0 } } }));
    const { code, stderr } = await train(work.path("strange"), "refused", "--add-tokens", "<a>");
    expect(code).toBe(1);
    expect(stderr).toContain("model.type: tokens can be added to BPE, WordPiece, WordLevel or Unigram");
    await rm(work.path("strange"), { recursive: true });
  });

  it("any from a file in the folder that --overwrite would replace", async () => {
    await mkdir(work.path("old"));
    work.write("old/adapter_config.json", "{}");
    const file = work.write("old/tokens.txt", "<a>\n");
    const { code, stderr } = await train(tiny, "old", "--overwrite", "--add-tokens-file", file);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`would replace "${file}", which this command reads`)]);
    expect(await readFile(file, "utf8")).toBe("<a>\n");
    await rm(work.path("old"), { recursive: true });
  });
});
