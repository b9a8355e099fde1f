import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bytesSource, openSafetensors } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { expectedFacts, fixture, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();

async function openTensors(path: string) {
  return openSafetensors(bytesSource(await readFile(path), path));
}

/** A fixture's images, which its expected.json leaves out: nested lists. */
async function imagesOf(file: Awaited<ReturnType<typeof openTensors>>) {
  const shape = file.tensors.get("pixel_values")?.shape;
  if (shape === undefined) return {};
  const values: readonly unknown[] = [...(await file.readFloat32("pixel_values"))];
  const nested = shape.slice(1).reduceRight((level, length) => chunksOf(level, length), values);
  return { pixel_values: nested };
}

function chunksOf(values: readonly unknown[], length: number): readonly unknown[] {
  return Array.from({ length: values.length / length }, (_, index) =>
    values.slice(index * length, (index + 1) * length),
  );
}

describe("lowrank forward", () => {
  it.each(["llama-gqa", "t5", "vit", "sharded"])("gives the logits that PEFT gives: %s", async (name) => {
    const { inputs, adapter_loss } = expectedFacts(name);
    const expected = await openTensors(fixture(name, "expected.safetensors"));
    const inputsFile = work.write(`${name}.json`, JSON.stringify({ ...inputs, ...(await imagesOf(expected)) }));
    const out = work.path(`${name}.safetensors`);
    const folders = ["--model", fixture(name, "base"), "--adapter", fixture(name, "adapter")];
    const { code, json, stderr } = await work.call(
      ...shell`forward ${folders} --inputs ${inputsFile} --out ${out} --json`,
    );
    expect(stderr).not.toContain("warning");
    expect(code).toBe(0);

    const written = await openTensors(out);
    const logits = await written.readFloat32("logits");
    const wanted = await expected.readFloat32("adapter.logits");
    // Padded positions hold values that mean nothing; a classifier has no positions, a decoder has its own.
    const mask = inputs.attention_mask?.flat() ?? [];
    const isPerPosition = written.tensors.get("logits")?.shape[1] === inputs.attention_mask?.[0]?.length;
    const width = logits.length / (isPerPosition ? mask.length : 1);
    const difference = wanted.reduce((max, value, index) => {
      const counts = !isPerPosition || mask[Math.floor(index / width)] === 1;
      return counts ? Math.max(max, Math.abs(value - (logits[index] ?? Number.NaN))) : max;
    }, 0);
    expect(difference).toBeLessThan(1e-4);
    expect(json[0]?.loss).toBeCloseTo(adapter_loss, 5);
  });

  it("gives hidden states if only the base is used", async () => {
    const inputsFile = work.write("ids.json", '{"input_ids": [[1, 2, 3]]}');
    const out = work.path("hidden.safetensors");
    const model = ["--model", fixture("gpt2", "base"), "--task", "feature-extraction"];
    expect(await work.call("forward", ...model, "--inputs", inputsFile, "--out", out)).toMatchObject({ code: 0 });
    expect((await openTensors(out)).tensors.get("last_hidden_state")?.shape).toEqual([1, 3, 32]);
  });

  it.each(["bert-choice", "t5-encoder"])("gives what transformers gives: %s", async (name) => {
    const folder = fileURLToPath(new URL(`../../../../models/fixtures/${name}`, import.meta.url));
    const { inputs, loss, ...outputs } = JSON.parse(await readFile(`${folder}/expected.json`, "utf8"));
    const [[key, wanted] = ["", []]] = Object.entries<unknown[]>(outputs);
    const inputsFile = work.write(`${name}.json`, JSON.stringify(inputs));
    const out = work.path(`${name}.safetensors`);
    const call = ["--model", folder, "--inputs", inputsFile, "--out", out, "--json"];
    const { code, json } = await work.call("forward", ...call);
    expect(code).toBe(0);
    const values = await (await openTensors(out)).readFloat32(key);
    expect(values).toHaveLength(wanted.flat(Number.POSITIVE_INFINITY).length);
    expect(values[0]).toBeCloseTo(Number(wanted.flat(Number.POSITIVE_INFINITY)[0]), 4);
    if (loss === undefined) expect(json[0]).not.toHaveProperty("loss");
    else expect(json[0]?.loss).toBeCloseTo(loss, 5);
  });

  it("names every fault of its inputs and writes nothing", async () => {
    const inputsFile = work.write("wrong.json", '{"input_ids": [[1, 500]], "pixel_values": []}');
    const out = work.path("none.safetensors");
    const { code, stderr } = await work.call(
      ...shell`forward --model ${fixture("gpt2", "base")} --inputs ${inputsFile} --out ${out}`,
    );
    expect(code).toBe(1);
    expect(stderr).toContain("expected a whole number from 0 to 99");
    expect(stderr).toContain('"pixel_values" is for image models');
    await expect(readFile(out)).rejects.toThrow("ENOENT");
  });
});
