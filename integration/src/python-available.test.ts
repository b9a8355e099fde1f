// The smallest part of `npm run test:peft` – one adapter and its merged model, read by PEFT and transformers – so that `npm
// test` reports by itself whether Python was available.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { describe, expect, it } from "vitest";
import { variants } from "./peft/variants/variants.ts";
import { writeVariant } from "./peft/writing/write-variant.ts";

const script = join(import.meta.dirname, "../../scripts/python/check_in_peft.py");

const ofPython = new Set(["json", "os", "sys", "tempfile", "warnings"]);

/** The interpreter that has PEFT, or why there is none. */
function findPython(): { readonly python: string } | { readonly missing: string } {
  const found = findPrepared("peft-venv");
  if ("folder" in found) return { python: join(found.folder, "bin", "python") };
  const isInstalled = spawnSync("python3", ["--version"]).status === 0;
  return { missing: isInstalled ? `no python3 with PEFT: ${found.missing}` : "no python3" };
}

describe("PEFT and transformers in Python", () => {
  it("need no module that the setup of a fresh machine does not install", () => {
    const folder = dirname(script);
    const listed = readFileSync(join(folder, "requirements.txt"), "utf8").matchAll(/^[\w-]+/gm);
    const known = new Set([...listed].map(([name]) => name.replaceAll("-", "_")));
    const imported = readFileSync(script, "utf8").matchAll(/^ *(?:import|from) (\w+)/gm);
    const others = [...imported].map(([, name]) => name!).filter((name) => !known.has(name));
    const ours = (name: string) => existsSync(join(folder, `${name}.py`));
    expect(others.filter((name) => !ours(name) && !ofPython.has(name))).toEqual([]);
  });

  it("read the first adapter of test:peft, and its merged model", { timeout: 120_000 }, async ({ skip }) => {
    const found = findPython();
    if ("missing" in found) {
      console.log(`skipped: ${found.missing}`);
      skip(found.missing);
      return;
    }
    const work = await mkdtemp(join(tmpdir(), "lowrank-python-"));
    try {
      await chooseEngine({ order: ["cpu"] });
      const list = join(work, "cases.json");
      await writeFile(list, JSON.stringify(await writeVariant(variants[0]!, work)));
      const { stdout, stderr } = spawnSync(found.python, [script, list], { encoding: "utf8" });
      expect(stdout.trim().split("\n").at(-1), stderr).toBe("2 passed, 0 failed");
    } finally {
      await rm(work, { recursive: true });
    }
  });
});
