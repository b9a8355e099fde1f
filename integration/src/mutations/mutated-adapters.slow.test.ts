// Adapters with one field or one tensor changed, made by Python as the test runs: equal to PEFT, refused, or warned about.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPrepared } from "@lowrank/testing/cache-folder";
import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";
import { type Bases, compareAdapter, type MutationResult } from "./compare-adapter.ts";

const script = join(import.meta.dirname, "../../../scripts/python/make_mutated_adapters.py");

it("a mutated adapter computes what PEFT does, or lowrank says a word", { timeout: 300_000 }, async ({ skip }) => {
  const found = findPrepared("peft-venv");
  if ("missing" in found) return skip(found.missing);
  const folder = mkdtempSync(join(tmpdir(), "lowrank-mutations-"));
  try {
    execFileSync(join(found.folder, "bin/python"), [script, folder, "6"], { stdio: ["ignore", "ignore", "inherit"] });
    const bases: Bases = new Map();
    const results: MutationResult[] = [];
    for (const name of readdirSync(folder)) results.push(await compareAdapter(join(folder, name), bases));
    expect(results.length).toBe(6 * 41);
    expect(results.filter(({ kind }) => kind === "different")).toEqual([]);
    // The first of each case is not changed.
    expect(results.filter(({ change, kind }) => change === "none" && kind !== "equal")).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
