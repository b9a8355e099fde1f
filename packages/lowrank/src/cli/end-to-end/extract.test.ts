import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { diffAdapters } from "@lowrank/merge";
import { openSafetensors } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();
beforeAll(async () => {
  for (const name of ["llama-gqa", "all-linear-gpt2"]) await merge(name, fixture(name, "adapter"), work.path(name));
});

async function merge(name: string, adapter: string, out: string, ...options: readonly string[]): Promise<void> {
  const argv = shell`merge --model ${fixture(name, "base")} --adapter ${adapter} --out ${out} --allow-different-base ${options}`;
  const { code, stderr } = await work.call(...argv);
  expect(code, stderr).toBe(0);
}

const extract = (name: string, out: string, ...options: readonly string[]) =>
  extractFrom(work.path(name), name, out, ...options);

const extractFrom = (tuned: string, name: string, out: string, ...options: readonly string[]) =>
  work.call("extract", "--model", fixture(name, "base"), "--tuned", tuned, "--out", out, "--json", ...options);

interface Layer {
  readonly path: string;
  readonly rank: number;
  readonly norm: number;
  readonly error: number;
}

async function numbersIn(folder: string): Promise<ReadonlyMap<string, Float32Array>> {
  const source = await openFile(`${folder}/model.safetensors`);
  const file = await openSafetensors(source);
  const numbers = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) numbers.set(name, await file.readFloat32(name));
  await source.close();
  return numbers;
}

describe("lowrank extract", () => {
  it.each(["llama-gqa", "all-linear-gpt2"])(
    "finds the adapter again that was merged, with its rank: %s",
    async (name) => {
      const out = work.path(`${name}-again`);
      const { code, stderr, json } = await extract(name, out);
      expect(code, stderr).toBe(0);
      const { layers, alone } = diffAdapters(
        await readAdapterFolder(fixture(name, "adapter")),
        await readAdapterFolder(out),
      );
      expect(alone).toEqual([[], []]);
      for (const { distance, norms } of layers) expect(distance / norms[0]).toBeLessThan(1e-4);
      const found = json[0] as { readonly layers: readonly Layer[]; readonly others: readonly unknown[] };
      const ranks = new Map(layers.map(({ path, similarity }) => [path, similarity.inputs.rows]));
      for (const { path, rank, error } of found.layers) {
        expect([path, rank]).toEqual([path, ranks.get(path)]);
        expect(error).toBeLessThan(1e-4);
      }
      expect(found.others).toEqual([]);
    },
  );

  it.each([
    ["in its own rank where its directions stand out above the rounding", 1, (rank: number) => rank === 4],
    ["in a lower rank where they do not", 0.001, (rank: number) => rank < 4],
  ])("finds it again from bf16 %s", async (_, strength, isRight) => {
    const [tuned, out] = [work.path(`bf16-${strength}`), work.path(`bf16-${strength}-again`)];
    await merge("all-linear-gpt2", `${fixture("all-linear-gpt2", "adapter")}:${strength}`, tuned, "--dtype", "BF16");
    const { code, stderr, json } = await extractFrom(tuned, "all-linear-gpt2", out);
    expect(code, stderr).toBe(0);
    const { layers } = json[0] as { readonly layers: readonly Layer[] };
    for (const { path, rank, error } of layers) {
      expect([path, rank, isRight(rank)]).toEqual([path, rank, true]);
      if (strength === 1) expect(error).toBeLessThan(2 ** -7);
    }
  });

  it("reports correctly how much of the change a DoRA of too low a rank misses: merged again, the weights differ by it", async () => {
    const [out, again] = [work.path("dora"), work.path("dora-merged")];
    const { code, stderr, json } = await extract("llama-gqa", out, "--use-dora", "--rank", "1");
    expect(code, stderr).toBe(0);
    await merge("llama-gqa", out, again);
    const [wanted, got] = [await numbersIn(work.path("llama-gqa")), await numbersIn(again)];
    const { layers } = json[0] as { readonly layers: readonly Layer[] };
    for (const { path, norm, error } of layers) {
      const [one, other] = [wanted.get(`${path}.weight`)!, got.get(`${path}.weight`)!];
      const missed = Math.hypot(...one.map((value, index) => value - other[index]!));
      expect(missed / norm / error).toBeCloseTo(1, 3);
    }
  });

  it("names what changed in addition to the targets, and what did not change at all", async () => {
    const one = ["--target-modules", "q_proj"];
    const { json, stderr } = await extract("llama-gqa", work.path("queries"), ...one);
    expect(stderr).toMatch(/\d+ other weights changed and cannot be in the adapter/);
    const { layers, others } = json[0] as { readonly layers: readonly Layer[]; readonly others: readonly Layer[] };
    expect(layers.every(({ path }) => path.endsWith("q_proj"))).toBe(true);
    expect(others.some(({ path }) => path.endsWith("v_proj.weight"))).toBe(true);
  });

  it("with --plan lists the layers, and the maximum size", async () => {
    const { code, json } = await extract("llama-gqa", work.path("nothing"), "--plan");
    expect([code, json]).toMatchObject([0, [{ type: "plan", bytes: expect.any(Number) }]]);
  });

  it("refuses two of the same, and two models", async () => {
    const of = (model: string, tuned: string) =>
      work.call("extract", "--model", model, "--tuned", tuned, "--out", work.path("no"));
    const base = fixture("llama-gqa", "base");
    expect(await of(base, base)).toMatchObject({ code: 1, stderr: expect.stringContaining("the same in both") });
    expect(await of(base, fixture("all-linear-gpt2", "base"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Base and tuned model do not match; expected two"),
    });
  });
});
