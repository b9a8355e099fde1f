// Libraries that would end the process if they were trusted. Each file is offered to chooseEngine in a process of its own,
// which must live, say what is wrong and what to do, and go on to the next engine.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { propertyOf } from "../import-unbundled.ts";
import { findLibrary, nodeSurroundings } from "./library/find-library.ts";

const folder = mkdtempSync(join(tmpdir(), "lowrank-libraries-"));
afterAll(() => rmSync(folder, { recursive: true }));

const isLinux = process.platform === "linux";
const surroundings = await nodeSurroundings();
const whole = (() => {
  try {
    return findLibrary(surroundings).path;
  } catch {
    return undefined;
  }
})();
const compiler = process.env.CC ?? "cc";
const hasCompiler = spawnSync(compiler, ["--version"]).status === 0;
if (!isLinux) process.stderr.write("skipped: only Linux's libraries are looked at before they are loaded\n");
if (whole === undefined) process.stderr.write("skipped: ONNX Runtime's library is not installed\n");
if (!hasCompiler) process.stderr.write("skipped: there is no C compiler to make libraries with\n");

/** The engine that chooseEngine takes, and its messages, in a process that tries these files one after the other. */
function choicesOf(paths: readonly string[]): unknown {
  const program = `
    import { chooseEngine } from "${new URL("../../choose/choose-engine.ts", import.meta.url)}";
    const choices = [];
    for (const LOWRANK_ONNX_RUNTIME of JSON.parse(process.env.OFFERED)) {
      const { name, skipped, note } = await chooseEngine({ order: ["native", "cpu"], environment: { LOWRANK_ONNX_RUNTIME } });
      choices.push({ name, reason: skipped[0]?.reason, note });
    }
    console.log(JSON.stringify(choices));
  `;
  const flags = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, flags, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    env: { ...process.env, OFFERED: JSON.stringify(paths) },
  });
  if (status !== 0) throw new Error(`the process ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The expected message for a file: the fault and the next step. */
function refusal(path: string, fault: string) {
  const wayOn = "set LOWRANK_ONNX_RUNTIME to a libonnxruntime 1.17 or later, or unset it";
  const reason = `LOWRANK_ONNX_RUNTIME names "${path}", which ${fault}; ${wayOn}`;
  return {
    name: "cpu",
    reason,
    note: expect.stringContaining(`slower than native, which was skipped: ${reason}.`),
  };
}

describe.skipIf(!isLinux || whole === undefined)("a copy of ONNX Runtime's library", () => {
  /** The first `length` bytes, and zeros up to `size`. */
  function copied(length: number, size = length): string {
    const path = join(folder, `copy-${length}-${size}.so`);
    copyFileSync(whole ?? "", path);
    truncateSync(path, length);
    truncateSync(path, size);
    return path;
  }

  it("is refused before it is loaded if it is cut short or its end is empty, and taken if it is whole", () => {
    const size = statSync(whole ?? "").size;
    const lengths = [0, 200, 3_000_000, Math.floor(0.9 * size)];
    const [short, empty, same] = [lengths.map((length) => copied(length)), copied(3_000_000, size), copied(size)];
    expect(choicesOf([...short, empty, same])).toEqual([
      ...short.map((path, index) => ({
        name: "cpu",
        reason: expect.stringMatching(
          `^LOWRANK_ONNX_RUNTIME names "${path}", which is cut short: it has ${lengths[index]} bytes`,
        ),
        note: expect.stringContaining("or unset it"),
      })),
      refusal(empty, "has an empty part: a download may have been interrupted"),
      { name: "native" },
    ]);
  });
});

describe.skipIf(!isLinux)("a file that is another's", () => {
  it("is refused with the way on, whether it is no library or another one", () => {
    const text = join(folder, "text.so");
    writeFileSync(text, "no library at all, but long enough to be one".repeat(10));
    const loaded = propertyOf(process.report?.getReport(), "sharedObjects") as readonly string[];
    const another = loaded.find((name) => /\/libm\b/.test(name)) ?? "";
    expect(choicesOf([text, another])).toEqual([
      refusal(text, "is not a shared library: it has no ELF header"),
      refusal(another, "is another library: it has no OrtGetApiBase"),
    ]);
  });
});

/** A library with ONNX Runtime's entry, whose answers are given. */
function made(name: string, answers: Readonly<Record<"base" | "getApi" | "getVersion", string>>): string {
  const source = join(folder, `${name}.c`);
  writeFileSync(
    source,
    `typedef struct { const void *(*getApi)(unsigned); const char *(*getVersion)(void); } Base;
    static const void *table[400];
    static const void *noApi(unsigned version) { return 0; }
    static const void *emptyApi(unsigned version) { return table; }
    static const char *noVersion(void) { return 0; }
    static const char *oldVersion(void) { return "1.16.3"; }
    static const char *newVersion(void) { return "1.30.0"; }
    static const Base base = { ${answers.getApi}, ${answers.getVersion} };
    const Base *OrtGetApiBase(void) { return ${answers.base}; }`,
  );
  const path = join(folder, `${name}.so`);
  const { status, stderr } = spawnSync(compiler, ["-shared", "-fPIC", "-o", path, source], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${compiler} could not compile ${name}: ${stderr}`);
  return path;
}

describe.skipIf(!isLinux || !hasCompiler)("a library that answers as ONNX Runtime does not", () => {
  it("is refused, and the process continues", () => {
    const usual = { base: "&base", getApi: "emptyApi", getVersion: "newVersion" };
    const cases = [
      { answers: { base: "0" }, fault: "has no interface: its OrtGetApiBase returns nothing" },
      { answers: { getApi: "0" }, fault: "has an empty interface: its OrtApiBase has no functions" },
      { answers: { getVersion: "0" }, fault: "has an empty interface: its OrtApiBase has no functions" },
      { answers: { getVersion: "noVersion" }, fault: "has no version" },
      { answers: { getVersion: "oldVersion" }, fault: "is ONNX Runtime 1.16.3; 1.17 or later is needed" },
      { answers: { getApi: "noApi" }, fault: "has version 1.30.0 but no interface of 1.17" },
      { answers: {}, fault: "lacks functions of its interface: the first is number 2 of its table" },
    ];
    const offered = cases.map(({ answers, fault }, index) => ({
      path: made(`made-${index}`, { ...usual, ...answers }),
      fault,
    }));
    expect(choicesOf(offered.map(({ path }) => path))).toEqual(offered.map(({ path, fault }) => refusal(path, fault)));
  });
});
