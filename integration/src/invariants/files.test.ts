// Invariants 18 and 20: what goes into an adapter's files, and what comes out of them.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Adapter, readAdapter, writeAdapter } from "@lowrank/adapter-format";
import { keyPrefix } from "@lowrank/adapter-format/internal";
import { readAdapterFolder, writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, LowrankError } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { AdapterMismatchError } from "@lowrank/inject/internal";
import { decodeToFloat32, SafetensorsError } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySize, differing, examples, expectNear, tensorsOf, trainedAdapter, weightsOf } from "./adapters.ts";
import { anySubject, onCpu, type Subject, withSubject } from "./subjects.ts";
import { moved, variants } from "./variants.ts";

onCpu();

const active = { adapters: activeAdapters("default") };

describe("18. an adapter is the same after writing and reading", () => {
  it("the same numbers, the same output, and the same bytes when it is written again", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, (name, size) =>
        withSubject(name, async (subject) => {
          const handle = trainedAdapter(subject, { ...size, modulesToSave: savedIn(subject) });
          const [before, written] = [subject.logits(active), await handle.toAdapter()];
          const files = writeAdapter(written);
          const read = await adapterFrom(files);
          expect(tensorsOf(read)).toEqual(new Map([...tensorsOf(written)].sort()));
          handle.dispose();
          const again = attachAdapter(subject.model, read, { name: "another name" });
          expectClose(subject.logits({ adapters: activeAdapters("another name") }), before, 0);
          expect(writeAdapter(await again.toAdapter())).toEqual(files);
          again.dispose();
        }),
      ),
      examples,
    ));

  it.each(variants)("$name, too", (variant) =>
    withSubject(variant.subject, async (subject) => {
      const handle = moved(subject, variant);
      const before = subject.logits(active);
      const files = writeAdapter(await handle.toAdapter());
      handle.dispose();
      const again = attachAdapter(subject.model, await adapterFrom(files));
      expectNear(subject.logits(active), before, 1e-5); // PiSSA and OLoRA come back as plain A and B of twice the rank
      expect(writeAdapter(await again.toAdapter())).toEqual(files);
      again.dispose();
    }),
  );

  it("a file holds the adapter's tensors, each under PEFT's prefix, and nothing of the base", () =>
    fc.assert(
      fc.asyncProperty(anySubject, (name) =>
        withSubject(name, async (subject) => {
          const handle = trainedAdapter(subject, { modulesToSave: savedIn(subject) });
          const file = parseSafetensors(writeAdapter(await handle.toAdapter())["adapter_model.safetensors"]);
          expect([...file.tensors.keys()].sort()).toEqual(
            [...handle.variables.keys()].map((key) => keyPrefix + key).sort(),
          );
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("several adapters are in a folder each, and each is read back as itself", () =>
    withSubject("hand-made", async (subject) => {
      const root = await mkdtemp(join(tmpdir(), "lowrank-"));
      const written = new Map<string, Adapter>();
      for (const [index, name] of ["default2", "efaul"].entries()) {
        const handle = trainedAdapter(subject, {}, { name, seed: index });
        written.set(name, await handle.toAdapter());
        handle.dispose();
        await writeAdapterFolder(join(root, name), written.get(name)!);
      }
      expect((await readdir(root)).sort()).toEqual(["default2", "efaul"]);
      for (const [name, adapter] of written)
        expect(new Map([...tensorsOf(await readAdapterFolder(join(root, name)))].sort())).toEqual(
          new Map([...tensorsOf(adapter)].sort()),
        );
      await rm(root, { recursive: true });
    }));

  it.each([
    ["gpt2", "gpt2"],
    ["llama-gqa", "llama-gqa"],
    ["bert-seqcls", "bert-seqcls"],
  ] as const)("what PEFT wrote for %s goes through a model unchanged", (fixture, name) =>
    withSubject(name, async (subject) => {
      const adapter = await readAdapterFolder(`${fixturesRoot}/${fixture}/adapter`);
      const handle = attachAdapter(subject.model, adapter);
      const back = await handle.toAdapter();
      handle.dispose();
      expect(new Map([...tensorsOf(back)].sort())).toEqual(new Map([...tensorsOf(adapter)].sort()));
    }),
  );
});

describe("20. invalid files are refused as a whole, with a typed error", () => {
  it("an adapter's file that is cut anywhere, or too long", () =>
    withSubject("hand-made", async (subject) => {
      const handle = trainedAdapter(subject, { rank: 1, targetModules: ["q_proj"] });
      const files = writeAdapter(await handle.toAdapter());
      handle.dispose();
      const bytes = files["adapter_model.safetensors"];
      for (let length = 0; length < bytes.length; length += 7)
        await expect(adapterFrom({ ...files, "adapter_model.safetensors": bytes.slice(0, length) })).rejects.toThrow(
          LowrankError,
        );
      const longer = Uint8Array.from([...bytes, 0]);
      await expect(adapterFrom({ ...files, "adapter_model.safetensors": longer })).rejects.toThrow(SafetensorsError);
    }));

  it.each([
    ["a header longer than can be", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7b, 0x7d], "HeaderTooLarge"],
    [
      "a type that does not exist",
      fileOf('{"w":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}', 4),
      "InvalidHeaderDeserialization",
    ],
    [
      "offsets that overlap",
      fileOf(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}',
        6,
      ),
      "InvalidOffset",
    ],
    [
      "a shape whose size overflows",
      fileOf('{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}', 4),
      "ValidationOverflow",
    ],
  ] as const)("%s", (_, bytes, code) => {
    expect(() => parseSafetensors(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
  });

  it("every F16 and every BF16 number is read exactly, subnormal, infinite and NaN too", () => {
    const all = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, bits) => bits).buffer);
    expect(decodeToFloat32(all, "F16")).toEqual(
      Float32Array.from({ length: 65_536 }, (_, bits) => floatOf(bits, 5, 10)),
    );
    expect(decodeToFloat32(all, "BF16")).toEqual(
      Float32Array.from({ length: 65_536 }, (_, bits) => floatOf(bits, 8, 7)),
    );
  });

  it("tensors missing, unexpected and of the wrong shape are in one error, and the model is untouched", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.nat(), (name, which) =>
        withSubject(name, async (subject) => {
          const [weights, base] = [weightsOf(subject.model), subject.logits()];
          const handle = trainedAdapter(subject);
          const adapter = await handle.toAdapter();
          handle.dispose();
          const broken = brokenIn(adapter, which);
          const error = thrownBy(() => attachAdapter(subject.model, broken.adapter));
          expect(error).toBeInstanceOf(AdapterMismatchError);
          for (const key of broken.keys) expect(String(error)).toContain(key);
          expect(differing(weightsOf(subject.model), weights)).toEqual([]);
          expectClose(subject.logits(), base, 0);
          const again = attachAdapter(subject.model, adapter); // no hook point still has an adapter
          again.dispose();
        }),
      ),
      examples,
    ));

  it("an A without B together with a wrong rank, and NaN", async () => {
    const config = JSON.stringify({ peft_type: "LORA", r: 2, target_modules: ["q"] });
    const half = '{"base_model.model.q.lora_A.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}';
    const weights = Uint8Array.from(fileOf(half, 4));
    await expect(readAdapter({ config, weights })).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ADAPTER_TENSORS" }),
    );
    await expect(readAdapter({ config, weights })).rejects.toThrow(/lora_B.*rank|rank.*lora_B/s);
    const pair =
      '{"base_model.model.q.lora_A.weight":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},' +
      '"base_model.model.q.lora_B.weight":{"dtype":"F16","shape":[1,2],"data_offsets":[4,8]}}';
    const broken = Uint8Array.from(fileOf(pair, 8));
    await expect(readAdapter({ config, weights: broken })).resolves.toBeDefined();
    broken.set([0x00, 0x7e], broken.length - 2);
    await expect(readAdapter({ config, weights: broken })).rejects.toThrow(/lora_B.*NaN/s);
  });
});

function savedIn({ name }: Subject): readonly string[] | null {
  return name === "hand-made" || name === "bert-seqcls" ? ["classifier"] : null;
}

function adapterFrom(
  files: Pick<ReturnType<typeof writeAdapter>, "adapter_config.json" | "adapter_model.safetensors">,
) {
  return readAdapter({ config: files["adapter_config.json"], weights: files["adapter_model.safetensors"] });
}

/** A safetensors file with any header and zeros. */
function fileOf(header: string, size: number): readonly number[] {
  const text = [...new TextEncoder().encode(header)];
  return [...new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer), ...text, ...new Uint8Array(size)];
}

/** The value of a sign, an exponent and a fraction (IEEE 754). */
function floatOf(bits: number, exponentBits: number, fractionBits: number): number {
  const fraction = bits & (2 ** fractionBits - 1);
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const sign = bits >> 15 ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}

/** One tensor gone, one of another shape and one too many, at places that `which` says. */
function brokenIn(adapter: Adapter, which: number): { readonly adapter: Adapter; readonly keys: readonly string[] } {
  const paths = [...adapter.tensors.keys()].filter((key) => key.endsWith(".lora_A.weight"));
  const turned = paths[which % paths.length]!;
  const gone = paths[(which + 1) % paths.length]!;
  const tensors = new Map(adapter.tensors);
  const { shape, values } = tensors.get(turned)!;
  tensors.set(turned, { shape: [...shape].reverse(), values });
  tensors.delete(gone);
  const added = "model.layers.99.q_proj.lora_A.weight";
  tensors.set(added, { shape, values });
  return { adapter: { ...adapter, tensors }, keys: [turned, gone, added] };
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
