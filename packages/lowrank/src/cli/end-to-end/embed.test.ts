// Embeddings of a folder of sentence-transformers 6.2.0 (fixtures/make_embeddings.py), and of one that says nothing of them.

import { readFileSync } from "node:fs";
import { cp, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ggufFromTokenizer } from "@lowrank/data/internal";
import { ggufModelFile } from "@lowrank/merge/gguf";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { joinPieces } from "@lowrank/safetensors";
import { expectClose } from "@lowrank/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { makeWorkspace } from "./workspace.ts";

const folder = fileURLToPath(new URL("../../../fixtures/embeddings", import.meta.url));
const expected: { readonly texts: string[]; readonly embeddings: number[][] } = JSON.parse(
  readFileSync(`${folder}/expected.json`, "utf8"),
);

const work = makeWorkspace();
beforeAll(async () => {
  await cp(folder, work.path("plain"), { recursive: true });
  await rm(work.path("plain", "modules.json"));
});

describe("lowrank embed", () => {
  it("equals sentence-transformers, truncates long texts like it, with any batch size", async () => {
    for (const size of ["1", "3"]) {
      const call = await work.call("embed", "--model", folder, "--text", ...expected.texts, "--batch-size", size);
      expect(call.code).toBe(0);
      const lines = call.stdout.trim().split("\n");
      expect(lines).toHaveLength(expected.texts.length);
      for (const [index, line] of lines.entries())
        expectClose(JSON.parse(line), expected.embeddings[index] ?? [], 1e-5, expected.texts[index]);
    }
  });

  it("reads the lines of a file, and prints each text with --json", async () => {
    const file = work.write("texts.txt", `${expected.texts.slice(0, 2).join("\n")}\n`);
    const { json } = await work.call("embed", "--model", folder, "--file", file, "--json");
    const results = json.filter(({ type }) => type === "result");
    expect(results.map(({ index, text }) => [index, text])).toEqual([
      [0, expected.texts[0]],
      [1, expected.texts[1]],
    ]);
  });

  it("writes texts and numbers to a file of the kind that its name has, and overwrites only on request", async () => {
    const texts = ["Rain", 'Sun, "bright"'];
    const to = (file: string, ...more: readonly string[]) =>
      work.call("embed", "--model", folder, "--text", ...texts, "--out", work.path(file), ...more);
    expect(await to("texts.jsonl")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("embeddings written to"),
    });
    const rows = (await readFile(work.path("texts.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ text }) => text)).toEqual(texts);
    expectClose(rows[0].embedding, expected.embeddings[2] ?? [], 1e-5, "Rain");
    expect((await to("texts.jsonl")).code).toBe(1);
    expect((await to("texts.csv")).code).toBe(0);
    expect((await to("texts.csv", "--overwrite")).code).toBe(0);
    const [names, ...lines] = (await readFile(work.path("texts.csv"), "utf8")).trim().split("\n");
    expect([names, lines.length]).toEqual(["text,embedding", 2]);
    expect(lines[1]).toMatch(/^"Sun, ""bright""","\[-?\d/);
    expect(await to("texts.npy")).toMatchObject({ code: 2, stderr: expect.stringContaining(".jsonl or .csv") });
  });

  it("requires the pooling if no file defines it, and uses it", async () => {
    const silent = ["embed", "--model", work.path("plain"), "--text", "Rain"];
    const refused = await work.call(...silent);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--pooling")]);
    const given = await work.call(...silent, "--pooling", "first", "--normalize");
    expectClose(JSON.parse(given.stdout), expected.embeddings[2] ?? [], 1e-5, "told");
  });

  it("pools as a .gguf file defines, whose model and tokenizer are the folder's", async () => {
    const base = openFolder(folder);
    const model = await loadModel(base);
    const metadata = await ggufFromTokenizer(base, model.config.vocabularySize);
    const { contents } = await ggufModelFile(model, { type: "F32", pooling: "first", metadata });
    const pieces: Uint8Array[] = [];
    for await (const piece of contents()) pieces.push(piece);
    model.dispose();
    const file = work.write("first.gguf", joinPieces(pieces));
    const call = await work.call("embed", "--model", file, "--text", "Rain", "--normalize");
    expectClose(JSON.parse(call.stdout), expected.embeddings[2] ?? [], 1e-5, "as the file says");
  });

  it("writes the folder's prompt before a text, the named one or its default", async () => {
    await cp(folder, work.path("prompted"), { recursive: true });
    const prompts = { prompts: { query: "How do I ", document: "Rain " }, default_prompt_name: "document" };
    work.write("prompted/config_sentence_transformers.json", JSON.stringify(prompts));
    const command = ["embed", "--model", work.path("prompted"), "--text", "reset my password?"];
    const named = await work.call(...command, "--prompt-name", "query");
    expectClose(JSON.parse(named.stdout), expected.embeddings[0] ?? [], 1e-5, "query");
    const whole = await work.call("embed", "--model", folder, "--text", "Rain reset my password?");
    expectClose(JSON.parse((await work.call(...command)).stdout), JSON.parse(whole.stdout), 1e-6, "default");
    const unknown = await work.call(...command, "--prompt-name", "questions");
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('Available: "query"')]);
  });

  it("wants a text", async () => {
    const { code, stderr } = await work.call("embed", "--model", folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining("There is no text to embed")]);
  });
});
