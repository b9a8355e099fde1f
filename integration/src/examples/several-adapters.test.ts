// The page about several adapters is one program in pieces, and prints what its comments say.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeArguments } from "@lowrank/testing/node-arguments";
import { afterAll, describe, expect, it } from "vitest";
import { markdownExamples, root } from "./extract-examples.ts";

const folder = mkdtempSync(join(tmpdir(), "lowrank-several-"));
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "reader", private: true, type: "module" }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("docs/several-adapters.md", () => {
  const program = markdownExamples(join(root, "docs", "several-adapters.md"))
    .map(({ code }) => code)
    .join("\n");

  it("prints the output in its comments", () => {
    const file = join(folder, "example.ts");
    writeFileSync(file, program);
    const printed = execFileSync("node", [...nodeArguments, file], { cwd: folder, encoding: "utf8" });
    const promised = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(promised.length).toBeGreaterThanOrEqual(9);
    expect(printed.trim().split("\n")).toEqual(promised);
  }, 120_000);
});
