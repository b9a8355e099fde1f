// Every example in a doc comment runs. A cpu backend is ready, as it would be in a program that came so far.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentationExamples, root } from "./extract-examples.ts";

const folder = join(root, "integration", ".examples");

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  await tf.setBackend("cpu");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const name of readdirSync(join(root, "packages"))) {
  if (name === "tiny-model") continue;
  const examples = documentationExamples(join(root, "packages", name));
  if (examples.length === 0) continue;
  describe(`doc comments of ${name}`, () => {
    for (const example of examples) {
      it(`${example.where} runs`, async () => {
        const file = join(folder, `${example.where.replace(/[^a-z0-9]+/gi, "-")}.ts`);
        writeFileSync(file, example.code);
        await expect(import(/* @vite-ignore */ file)).resolves.toBeDefined();
      });
    }
  });
}
