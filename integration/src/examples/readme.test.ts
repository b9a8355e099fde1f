// Every README example runs as its reader would run it: in a folder of its own, with the packages installed.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { nodeArguments } from "@lowrank/testing/node-arguments";
import { afterAll, describe, expect, it } from "vitest";
import { type Example, markdownExamples, root } from "./extract-examples.ts";
import { installedBy, neededBy } from "./needed-packages.ts";

const folder = mkdtempSync(join(tmpdir(), "lowrank-readme-"));
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "reader", private: true, type: "module" }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(example: Example): string {
  const file = join(folder, "example.ts");
  writeFileSync(file, example.code);
  return execFileSync("node", [...nodeArguments, file], { cwd: folder, encoding: "utf8" });
}

describe("the program that opens the README, and the composed one of docs/packages.md", () => {
  const [first, composed] = ["README.md", "docs/packages.md"].flatMap((page) => markdownExamples(join(root, page)));

  it("have at most 8 lines, and 25", () => {
    const lines = [first, composed].map((example) => example?.code.trimEnd().split("\n").length ?? 0);
    expect(lines[0]).toBeLessThanOrEqual(8);
    expect(lines[1]).toBeLessThanOrEqual(25);
  });

  it.each([
    ["with lowrank alone", first, "my"],
    ["composed from the packages", composed, "composed"],
  ])(
    "load, adapt, train, save and merge: %s",
    (_, example, name) => {
      const printed = run(example as Example);
      if (example === first) expect(printed.trimEnd().split("\n").at(-1)).toBe(" Aromi is a riverside café.");
      expect(existsSync(join(folder, `${name}-adapter`, "adapter_model.safetensors"))).toBe(true);
      expect(existsSync(join(folder, `${name}-model`, "model.safetensors"))).toBe(true);
    },
    120_000,
  );
});

function textBefore({ code }: Example, path: string): string {
  return readFileSync(path, "utf8").split(code)[0] ?? "";
}

describe("package READMEs, and guides to sub-paths of packages", () => {
  const packages = [
    ...readdirSync(join(root, "packages")).map((name) => join(root, "packages", name, "README.md")),
    ...["onnx.md", "models-of-your-own.md"].map((name) => join(root, "docs", name)),
  ].filter((path) => existsSync(path));

  for (const path of packages) {
    const [first] = markdownExamples(path);
    if (first === undefined) continue;
    it(`${relative(root, path)} installs the packages of its first example before it`, () => {
      expect(installedBy(textBefore(first, path))).toEqual(expect.arrayContaining(neededBy(first.code)));
    });
  }

  const pages = ["library", "command-line", "data-and-tasks", "distillation", "many-machines"];
  const guides = [...pages.map((name) => join(root, "docs", `${name}.md`)), join(root, "AGENTS.md")];
  for (const example of [...packages, ...guides].flatMap(markdownExamples)) {
    it(`${example.where} runs`, () => {
      for (const name of ["my-adapter", "my-model"]) rmSync(join(folder, name), { recursive: true, force: true });
      run(example);
    }, 60_000);
  }
});
