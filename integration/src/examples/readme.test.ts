// Every README example runs as its reader would run it: in a folder of its own, with the packages installed.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Example, markdownExamples, root } from "./extract-examples.ts";

const folder = mkdtempSync(join(tmpdir(), "lowrank-readme-"));
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "reader", private: true, type: "module" }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(example: Example): string {
  const file = join(folder, "example.ts");
  writeFileSync(file, example.code);
  return execFileSync("node", ["--conditions=lowrank-source", "--import", "tsx", file], {
    cwd: folder,
    encoding: "utf8",
  });
}

describe("the program that opens the README", () => {
  const [first] = markdownExamples(join(root, "README.md"));

  it("has at most 25 lines", () => {
    expect(first?.code.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
  });

  it("loads, injects, trains, saves and merges", () => {
    run(first as Example);
    expect(existsSync(join(folder, "my-adapter", "adapter_model.safetensors"))).toBe(true);
    expect(existsSync(join(folder, "my-model", "model.safetensors"))).toBe(true);
  }, 120_000);
});

describe("package READMEs", () => {
  const packages = readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name, "README.md"))
    .filter((path) => existsSync(path));

  for (const example of packages.flatMap(markdownExamples)) {
    it(`${example.where} runs`, () => {
      run(example);
    }, 60_000);
  }
});
