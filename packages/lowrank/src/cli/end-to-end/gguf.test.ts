import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openGguf } from "@lowrank/gguf";
import { bytesSource } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { jsonl, makeWorkspace, shell } from "./workspace.ts";

const tiny = fileURLToPath(new URL("../../../fixtures/tiny.gguf", import.meta.url));
const work = makeWorkspace();

const data = work.write("rows.jsonl", jsonl([{ prompt: "The lazy", completion: " dog" }]));

const textOf = async (...argv: readonly string[]) => {
  const prompt = ["--prompt", "The lazy", "--max-new-tokens", "4", "--json"];
  const { code, json, stderr } = await work.call("generate", ...argv, ...prompt);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  return json.find(({ type }) => type === "result")?.text;
};

describe("a single .gguf file", () => {
  it("is enough to train on text, generate, evaluate, and merge into a folder with a tokenizer", async () => {
    const adapter = work.path("adapter");
    const train = shell`train --model ${tiny} --data ${data} --out ${adapter} --steps 60 --learning-rate 0.02`;
    const how = ["--target-modules", "all-linear", "--template", "plain"];
    expect(await work.call(...train, ...how)).toMatchObject({ code: 0 });
    const both = ["--model", tiny, "--adapter", adapter];
    const perplexity = async (...argv: readonly string[]) => {
      const bleu = ["--generate", "--max-new-tokens", "1"];
      const { json } = await work.call("evaluate", ...argv, "--data", data, ...bleu, "--json");
      expect(json[0]).toMatchObject({ rows: 1, bleu: expect.any(Number) });
      return Number(json[0]?.perplexity);
    };
    expect(await perplexity(...both)).toBeLessThan((await perplexity("--model", tiny)) / 5);
    const merged = work.path("merged");
    expect(await work.call("merge", ...both, "--out", merged)).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(merged)).toEqual(
      expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]),
    );
    expect([await textOf(...both), await textOf("--model", merged)]).toEqual([" dog", " dog"]);
  });

  it("accepts an adapter that is a .gguf file, also in a folder", async () => {
    const lora = work.path("lora.gguf");
    expect(await work.call("export", "--adapter", work.path("adapter"), "--to", "gguf", "--out", lora)).toMatchObject({
      code: 0,
    });
    for (const model of [tiny, work.path("merged")])
      expect(await textOf("--model", model, "--adapter", `${lora}:${model === tiny ? 1 : 0.01}`)).toBe(" dog");
    const merged = work.path("merged-by-lora");
    expect(await work.call("merge", "--model", tiny, "--adapter", lora, "--out", merged)).toMatchObject({ code: 0 });
    expect(await textOf("--model", merged)).toBe(" dog");
  });

  it("merges the adapter and stays a .gguf file of its types, or becomes one of others; also in a folder", async () => {
    const merge = ["merge", "--adapter", work.path("adapter"), "--to", "gguf", "--json"];
    const own = await work.call(...merge, "--model", tiny, "--out", work.path("own-types"), "--verify");
    expect([own.code, own.json.at(-1)]).toEqual([0, expect.objectContaining({ dtype: "as-base" })]);
    expect((await readdir(work.path("own-types"))).sort()).toEqual([".lowrank.json", "Modelfile", "model.gguf"]);
    expect(await readFile(work.path("own-types", "Modelfile"), "utf8")).toMatch(
      /^FROM \.\/model\.gguf\nTEMPLATE """\{\{ \.Prompt \}\}\{\{ \.Response \}\}.+"""\nPARAMETER stop /,
    );
    const types = async (file: string) => {
      const { json } = await work.call("inspect", file, "--json");
      return JSON.stringify(json)
        .match(/"Q8_0"|"F16"|"F32"/g)
        ?.sort();
    };
    expect(await types(work.path("own-types", "model.gguf"))).toEqual(await types(tiny));
    const base = ["--model", work.path("merged"), "--allow-different-base"];
    const again = await work.call(...merge, ...base, "--dtype", "q8_0", "--out", work.path("again"));
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    const plain = ["--template", "plain", "--model"];
    expect(await textOf(...plain, work.path("own-types", "model.gguf"))).toBe(" dog");
    expect(await textOf(...plain, work.path("again"))).toBe(" dog");
  });

  it("has the base's own name if its config.json has one, and else that of a .gguf file", async () => {
    const merge = ["merge", "--adapter", work.path("adapter"), "--to", "gguf", "--allow-different-base"];
    const nameOf = async (folder: string) => {
      const file = await openGguf(bytesSource(await readFile(work.path(folder, "model.gguf"))));
      return file.metadata.get("general.name");
    };
    await cp(work.path("merged"), work.path("copy"), { recursive: true });
    const config = JSON.parse(await readFile(work.path("copy", "config.json"), "utf8"));
    await writeFile(work.path("copy", "config.json"), JSON.stringify({ ...config, _name_or_path: "someone/Tiny-1" }));
    for (const model of [work.path("copy"), tiny])
      expect(await work.call(...merge, "--model", model, "--out", work.path(`named-${model === tiny}`))).toMatchObject({
        code: 0,
      });
    const stored = (await openGguf(bytesSource(await readFile(tiny)))).metadata.get("general.name");
    expect([await nameOf("named-false"), await nameOf("named-true")]).toEqual(["Tiny-1+adapter", stored ?? "model"]);
  });

  it("is not written if rounding would remove the adapter's effect, unless that is allowed", async () => {
    const adapter = work.path("weak");
    const train = shell`train --model ${tiny} --data ${data} --out ${adapter} --steps 1 --learning-rate 1e-7`;
    expect(await work.call(...train)).toMatchObject({ code: 0 });
    const halves = ["merge", "--model", tiny, "--adapter", work.path("adapter"), "--to", "gguf", "--dtype", "F16"];
    expect(await work.call(...halves, "--out", work.path("halves"))).toMatchObject({ code: 0 });
    const both = ["--model", work.path("halves"), "--allow-different-base", "--adapter", adapter];
    const merge = ["merge", ...both, "--to", "gguf", "--out", work.path("weak-gguf")];
    const kept = expect.stringMatching(/keep \d+ % of the adapter/);
    expect(await work.call(...merge)).toMatchObject({ code: 1, stderr: kept });
    expect(await readdir(work.path("."))).not.toContain("weak-gguf");
    expect(await work.call(...merge, "--min-kept", "0")).toMatchObject({ code: 0 });
    const unfit = await work.call(
      ...shell`merge --model ${tiny} --adapter ${adapter} --dtype Q4_0 --out ${work.path("x")}`,
    );
    expect([unfit.code, unfit.stderr]).toEqual([2, expect.stringContaining("add --to gguf")]);
  });

  it("is found in its folder, as a download stores it", async () => {
    const folder = work.path("download");
    await cp(tiny, `${folder}/model-q8.gguf`);
    expect(await textOf("--model", folder)).toEqual(await textOf("--model", tiny));
  });

  it("has its own chat template, and gets more tokens", async () => {
    const chat = ["--prompt", "a", "--template", "chat", "--max-new-tokens", "1"];
    expect(await work.call("generate", "--model", tiny, ...chat)).toMatchObject({ code: 0, stderr: "" });
    const out = work.path("more");
    const train = ["train", "--model", tiny, "--data", data, "--out", out, "--steps", "1", "--add-tokens", "<new>"];
    expect(await work.call(...train)).toMatchObject({ code: 0, stdout: expect.stringContaining("Tokens: 1 new") });
    const { added_tokens } = JSON.parse(await readFile(work.path("more", "tokenizer.json"), "utf8"));
    expect(added_tokens.at(-1)).toMatchObject({ content: "<new>" });
  });

  it("prefers the tokenizer next to it to its own", async () => {
    await cp(tiny, work.path("tiny.gguf"));
    const own = { model: { type: "WordLevel", vocab: { "[UNK]": 0, The: 7, lazy: 8 }, unk_token: "[UNK]" } };
    const json = { ...own, pre_tokenizer: { type: "Whitespace" }, added_tokens: [] };
    work.write("tokenizer.json", JSON.stringify(json));
    expect(await textOf("--model", work.path("tiny.gguf"))).not.toEqual(await textOf("--model", tiny));
  });

  it("explains the next step if its tokenizer is not supported; tokens need none, and a merge leaves it out", async () => {
    const bytes = await readFile(tiny);
    bytes.write("nobody", bytes.indexOf("smollm"));
    const model = ["--model", work.path("unknown", "model.gguf")];
    await cp(tiny, model[1] ?? "");
    await writeFile(model[1] ?? "", bytes);
    const { code, stderr } = await work.call("generate", ...model, "--prompt", "a");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/tokenizer\.ggml\.pre is "nobody".*\n.*tokenizer\.json into/),
    ]);
    const tokens = work.write("tokens.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));
    const adapter = work.path("of-tokens");
    const train = await work.call("train", ...model, "--data", tokens, "--out", adapter, "--steps", "1");
    expect(train.code).toBe(0);
    const merge = await work.call("merge", ...model, "--adapter", adapter, "--out", work.path("untold"));
    expect([merge.code, merge.stderr]).toEqual([0, expect.stringContaining("The merged model gets no tokenizer.")]);
  });
});
