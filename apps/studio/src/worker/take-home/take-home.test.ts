// The zips are unpacked, and the programs in their READMEs run as they stand: in Python, where PEFT is at hand, they give the
// same answer.

import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readGgufAdapter } from "@lowrank/adapter-format/gguf";
import { bytesSource } from "@lowrank/safetensors";
import { unzipSync } from "fflate";
import { openModel } from "lowrank";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonWithPeft } from "../../../test/prepared.ts";
import { someFiles } from "../../../test/some-adapter.ts";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import type { TakeHomeProgress, TakeHomeRequest } from "../../protocol/calls.ts";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import { snippetsFor } from "../../snippets/snippets.ts";
import { attached } from "../shelf/attached.ts";
import { keepAdapter } from "../shelf/keep-adapter.ts";
import type { WorkerState } from "../worker-state.ts";
import { takeHome } from "./take-home.ts";

describe("what is taken home", () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-take-home-"));
  const before = process.cwd();
  let state: WorkerState;
  let entry: ShelfEntry;
  beforeAll(async () => {
    state = await tinyWorkerState();
    state.model = { ...state.loaded, facts: { ...state.loaded.facts, address: "@lowrank/tiny-model" } };
    // Gentle: random numbers at full strength leave near ties between tokens, which programs break differently.
    const files = await someFiles(state, { name: "Restaurants & cafés", seed: 1, alpha: 1 });
    const question = "name[Aromi],\nfood[French], area[riverside]";
    entry = await keepAdapter(state, files, { name: "Restaurants & cafés", origin: "trained", question });
    mkdirSync(join(work, "package"));
    const model = fileURLToPath(new URL("../../../../../packages/tiny-model/model", import.meta.url));
    symlinkSync(model, join(work, "package", "model")); // what the line with npm pack would leave
    process.chdir(work);
  });
  afterAll(() => {
    process.chdir(before);
    state.loaded.opened.dispose();
    rmSync(work, { recursive: true });
  });

  /** Unpacks it beside the base; the answer is the README. */
  async function unpack(
    form: TakeHomeRequest["form"],
    onProgress: (progress: TakeHomeProgress) => void = () => {},
  ): Promise<string> {
    const { name, blob } = await takeHome(state, { id: entry.id, form }, onProgress);
    const folder = name.replace(/\.zip$/, "");
    for (const [file, bytes] of Object.entries(unzipSync(new Uint8Array(await blob.arrayBuffer())))) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), bytes);
    }
    return new TextDecoder().decode(unzipSync(new Uint8Array(await blob.arrayBuffer()))["README.md"]);
  }

  it.each(["peft", "merged"] as const)(
    "runs as its README shows: %s",
    async (form) => {
      const progress: TakeHomeProgress[] = [];
      const text = await unpack(form, (each) => progress.push(each));
      expect(text).toContain("# Restaurants & cafés");
      const answer = await runTypeScript(blockOf(text, "ts"));
      expect(answer.length).toBeGreaterThan(10);
      expect(await runInTerminal(blockOf(text, "sh"))).toBe(answer);
      if (form === "merged") expect(progress.at(-1)?.doneBytes).toBeGreaterThan(1e6);
      if (pythonWithPeft === undefined) return;
      const { stdout, stderr } = spawnSync(pythonWithPeft, ["-c", blockOf(text, "python")], {
        encoding: "utf8",
      });
      expect(stdout.trim(), stderr).toBe(answer);
    },
    240_000,
  );

  it("is one GGUF file for llama.cpp, by whose name its programs call it", async () => {
    const { name, blob } = await takeHome(state, { id: entry.id, form: "gguf" }, () => {});
    expect(name).toBe("Restaurants-cafés.gguf");
    const source = bytesSource(new Uint8Array(await blob.arrayBuffer()), name);
    const again = await readGgufAdapter(source, state.loaded.opened.opened.model.config);
    expect(again.tensors).toEqual((await attached(state, entry.id).then((adapter) => adapter.toAdapter())).tensors);
    const about = {
      folder: name.replace(".gguf", ""),
      model: "Tiny",
      address: "@lowrank/tiny-model",
      chats: false,
      studio: "https://example.org/",
    };
    for (const { text } of snippetsFor("gguf", about)) expect(text).toContain(name);
  });

  it("leaves the model as it was", async () => {
    const logits = () => state.loaded.opened.generate("name[Aromi] ->", { adapter: null, maxNewTokens: 8 });
    const answer = await logits();
    await unpack("merged");
    expect(await logits()).toBe(answer);
  });

  it("keeps a README that a person wrote", async () => {
    const files = new Map(await someFiles(state, { name: "theirs", seed: 2 }));
    files.set("README.md", "# Mine\n");
    entry = await keepAdapter(state, files, { name: "Theirs", origin: "dropped" });
    expect(await unpack("peft")).toBe("# Mine\n");
  });
});

function blockOf(text: string, fence: string): string {
  return text.split(`\`\`\`${fence}\n`)[1]?.split("\n```")[0] ?? "";
}

/** What `npx lowrank` prints, of this repository's program. */
async function runInTerminal(commands: string): Promise<string> {
  const program = fileURLToPath(new URL("../../../../../packages/lowrank/src/lowrank.ts", import.meta.url));
  const node = `'${process.execPath}' --conditions=lowrank-source --import '${import.meta.resolve("tsx")}' '${program}'`;
  const { stdout, stderr } = await promisify(execFile)("sh", ["-c", commands.replace(/^.*npx lowrank/s, node)]);
  expect(stdout.trim(), stderr).not.toBe("");
  return stdout.trim();
}

/** The program's only line of output. */
async function runTypeScript(program: string): Promise<string> {
  const body = program.replace('import { openModel } from "lowrank";', "");
  expect(body).not.toBe(program);
  const lines: string[] = [];
  // The block is a module whose one import is given to it instead.
  const run = Object.getPrototypeOf(async () => {}).constructor("openModel", "console", body);
  await run((path: string, options: object) => openModel(path, { ...options, engine: false }), {
    log: (line: string) => lines.push(line),
  });
  return lines.join("\n").trim();
}
