// Tokenizers that we write as GGUF, in llama.cpp: of each text the ids of transformers, or a warning before the file is written.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LowrankError } from "@lowrank/contracts";
import { ggufFromTokenizer, llamaCppTokenizer } from "@lowrank/data/internal";
import { ggufPieces, type WritableValue } from "@lowrank/gguf/internal";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { texts } from "./texts.ts";
import { isThere, llamaCppFolder, llamaCppIds } from "./with-llama-cpp.ts";

const python = findPrepared("peft-venv");
if (!isThere)
  console.info(`skipped: llama.cpp reads our tokenizers – no ${llamaCppFolder} (scripts/setup-node-llama-cpp.sh)`);
if ("missing" in python) console.info(`skipped: llama.cpp reads our tokenizers – ${python.missing}`);

const root = fileURLToPath(new URL("../../../", import.meta.url));
const vocabularySize = 4000;

interface Expected {
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Kinds of texts that the warning must name; absent: no warning. */
  readonly kinds?: readonly string[];
}

const prefix = (value: boolean) => ({ "tokenizer.ggml.add_space_prefix": value });
const withoutBos = "without a chat template";
const written: readonly Expected[] = [
  ...["gpt-2", "smollm", "llama-bpe", "dbrx", "falcon", "bloom", "bert-cased"].map((name) => ({ name })),
  { name: "qwen2", kinds: ["NFD"] },
  { name: "tekken", kinds: ["other scripts"] },
  { name: "gpt-2-flagged", kinds: ["<mask>", "<after>", "New York"] },
  { name: "legacy", settings: prefix(true) },
  { name: "legacy-chat", settings: prefix(true) },
  { name: "always", settings: prefix(true), kinds: ["spaces at the beginning"] },
  { name: "always-chat", settings: prefix(false), kinds: ["directly after a special token"] },
  { name: "first", settings: prefix(true), kinds: ["directly after a special token"] },
  { name: "first-chat", settings: prefix(false), kinds: ["that does not begin with a special token"] },
  { name: "never", settings: prefix(false) },
  { name: "gemma", settings: { ...prefix(false), "tokenizer.ggml.add_bos_token": false }, kinds: [withoutBos] },
  { name: "Phi-3.5-mini", settings: { "general.name": "Phi-3.5-mini" }, kinds: [withoutBos] },
  { name: "phi-renamed", settings: { "general.name": "phi-renamed (Phi-3)" }, kinds: [withoutBos] },
  { name: "bert-uncased", kinds: ["Hangul"] },
];

describe.skipIf(!isThere || "missing" in python)("a tokenizer as GGUF", { timeout: 300_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-tokenizers-"));
  afterAll(() => rmSync(work, { recursive: true }));
  let ofTransformers: Readonly<Record<string, readonly (readonly number[])[]>> = {};
  const files = new Map<string, Awaited<ReturnType<typeof write>>>();
  const ofLlamaCpp = new Map<string, readonly (readonly number[])[]>();

  /** The text for a tokenizer: {bos} is its bos token. */
  const textsOf = (name: string) => texts.map((text) => text.replaceAll("{bos}", name.startsWith("bert") ? "" : "<s>"));
  const write = async (name: string) => {
    const folder = join(work, name);
    const source = {
      name,
      has: async (file: string) => existsSync(join(folder, file)),
      readText: async (file: string) => readFileSync(join(folder, file), "utf8"),
    };
    const warnings: string[] = [];
    const onWarning = ({ message }: { readonly message: string }) => void warnings.push(message);
    const entries = await ggufFromTokenizer(source, vocabularySize, { name, onWarning });
    return { entries, warning: warnings.join() };
  };

  beforeAll(async () => {
    const program = join(root, "scripts/python/make_gguf_tokenizers.py");
    const corpus = ["README.md", "README.ko.md", "STYLE.md", "docs/library.md"].map((file) => join(root, file));
    const made = spawnSync(join("folder" in python ? python.folder : "", "bin/python"), [program, work], {
      input: JSON.stringify({ corpus: [...corpus, join(root, "integration/src/llama-cpp/texts.ts")], texts }),
      encoding: "utf8",
      maxBuffer: 1e9,
    });
    if (made.status !== 0) throw new Error(made.stderr);
    ofTransformers = JSON.parse(made.stdout);
    for (const { name } of written) {
      const file = await write(name);
      files.set(name, file);
      const model = new Map<string, WritableValue>([
        ["general.architecture", { type: "string", value: "llama" }],
        ...file.entries,
      ]);
      writeFileSync(join(work, `${name}.gguf`), Buffer.concat([...ggufPieces(model, new Map())]));
    }
    const requests = written.map(({ name }) => ({ name, model: join(work, `${name}.gguf`), texts: textsOf(name) }));
    for (const [index, ids] of llamaCppIds(requests).entries()) ofLlamaCpp.set(requests[index]!.name, ids);
  }, 300_000);

  it.each(written)("has transformers' ids in llama.cpp, or a warning: $name", ({ name, settings = {}, kinds = [] }) => {
    const { entries, warning } = files.get(name)!;
    for (const [key, value] of Object.entries(settings)) expect([key, entries.get(key)?.value]).toEqual([key, value]);
    for (const kind of kinds) expect(warning).toContain(kind);
    const differing = textsOf(name).filter(
      (_, index) => ofLlamaCpp.get(name)![index]!.join() !== ofTransformers[name]![index]!.join(),
    );
    console.info(`${name}: ${differing.length} of ${texts.length} texts differ. ${warning}`);
    if (kinds.length === 0) expect([warning, differing]).toEqual(["", []]);
  });

  it.each(written)("is split by llama.cpp as our copy of its rules predicts: $name", ({ name }) => {
    const copy = llamaCppTokenizer(files.get(name)!.entries)!;
    const wrong = textsOf(name).filter((text, index) => {
      return copy.encode(text, { addSpecialTokens: false }).join() !== ofLlamaCpp.get(name)![index]!.join();
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    ["always-refused", /no setting of a GGUF file keeps the tokens of the prompt/],
    ["phi-refused", /no setting of a GGUF file keeps the tokens of the prompt "<\|user\|>\\nHello/],
    ["unigram", /its model has no/],
  ])(
    "is refused if prompts of its chat template would change, or if llama.cpp has no such tokenizer: %s",
    async (name, reason) => {
      const error = await write(name).catch((thrown: unknown) => thrown);
      expect(LowrankError.isInstance(error, "TOKENIZER_INVALID") && error.message).toMatch(reason);
    },
  );
});
