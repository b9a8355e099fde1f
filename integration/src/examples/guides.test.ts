// Every guide of docs/guides is followed as a reader would follow it: in a folder of its own, with the packages installed, its
// programs and commands one after the other, and each prints what the page shows.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { lowrankProgram, nodeArguments } from "@lowrank/testing/node-arguments";
import { openModel } from "lowrank";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./extract-examples.ts";
import { type GuideStep, guideSteps, missingLines } from "./guide-blocks.ts";
import { installedBy, neededBy } from "./needed-packages.ts";

const guides = join(root, "docs", "guides");
const base = mkdtempSync(join(tmpdir(), "lowrank-guides-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** What a page says that its reader has: a path in the repository, or a function that writes it. */
const given: Readonly<Record<string, Readonly<Record<string, string | ((path: string) => Promise<void>)>>>> = {
  "lora-adapters-in-transformers-js-and-onnx-runtime.md": {
    "model.onnx": "fixtures/onnx/all-linear-llama.onnx",
    "my-adapter": "fixtures/peft/all-linear-llama/adapter",
  },
  "train-a-gguf-model-without-python.md": { "model.gguf": writeTinyGguf },
};

async function writeTinyGguf(path: string): Promise<void> {
  const model = await openModel(join(root, "packages/tiny-model/model"));
  const files = await model.merge(model.adapt()).gguf({ type: "Q8_0" }); // a new adapter changes nothing
  writeFileSync(path, files.get("model.gguf") as Uint8Array);
  model.dispose();
}

/** Makes a folder with the packages, where npm installs nothing more and npx knows lowrank alone. */
async function prepare(folder: string, page: string): Promise<void> {
  mkdirSync(join(folder, "bin"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "reader", private: true, type: "module" }));
  const npx = `[ "$1" = lowrank ] && shift && exec node ${lowrankProgram.join(" ")} "$@"`;
  for (const [command, line] of Object.entries({ npm: '[ "$1" = install ]', npx })) {
    writeFileSync(join(folder, "bin", command), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, "bin", command), 0o755);
  }
  for (const [name, from] of Object.entries(given[page] ?? {})) {
    if (typeof from === "string") cpSync(join(root, from), join(folder, name), { recursive: true });
    else await from(join(folder, name));
  }
}

function follow(step: GuideStep, folder: string): string {
  const file = join(folder, `step.${step.language}`);
  writeFileSync(file, step.code);
  // A reader's terminal is no script of npm, with whose end a program would end, too.
  const { npm_lifecycle_event: _, ...own } = process.env;
  const env = { ...own, PATH: `${join(folder, "bin")}${delimiter}${own.PATH}`, HF_HUB_OFFLINE: "1" };
  const [command, argv] = step.language === "ts" ? ["node", [...nodeArguments, file]] : ["bash", ["-e", file]];
  return execFileSync(command as string, argv as string[], { cwd: folder, env, encoding: "utf8", stdio: "pipe" });
}

for (const page of readdirSync(guides).filter((name) => name.endsWith(".md"))) {
  const path = join(guides, page);
  const text = readFileSync(path, "utf8");
  const steps = guideSteps(path);

  describe(`docs/guides/${page}`, () => {
    it("installs the packages of its programs", () => {
      const needed = steps.flatMap(({ language, code }) => (language === "ts" ? neededBy(code) : []));
      if (needed.length > 0) expect(installedBy(text)).toEqual(expect.arrayContaining(needed));
    });

    if (steps.length === 0) return;
    const folder = join(base, page.replace(/\.md$/, ""));
    beforeAll(() => prepare(folder, page), 60_000);
    for (const step of steps) {
      it(`runs line ${step.line}, which prints what the page shows`, () => {
        const printed = follow(step, folder);
        if (step.output !== undefined) expect(missingLines(step.output, printed), printed).toEqual([]);
      }, 300_000);
    }
  });
}

describe("missingLines", () => {
  it("finds the lines in their order, with other numbers, and anything for an ellipsis", () => {
    expect(missingLines("step 1 2.31\n…\n Aromi is…\n", "step 1 2.5\nstep 2 1.1\n Aromi is a café.\n")).toEqual([]);
    expect(missingLines("30 steps in 6 s", "30 steps in 1 min 9 s")).toEqual([]);
  });

  it("reports a line with other words, in the wrong order or with another percentage", () => {
    expect(missingLines("one\ntwo", "two\none")).toEqual(["two"]);
    expect(missingLines("a café", "a pub")).toEqual(["a café"]);
    expect(missingLines("right: 90 %", "right: 80 %")).toEqual([]);
    expect(missingLines("right: 90 %", "right: 50 %")).toEqual(["right: 90 %"]);
  });
});
