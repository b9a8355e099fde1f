import { cp, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readLoralibAdapter } from "@lowrank/adapter-format/internal";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { openGguf } from "@lowrank/gguf";
import { bytesSource } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { fixture, makeWorkspace, shell } from "./workspace.ts";

describe("lowrank export", () => {
  const work = makeWorkspace();
  const model = fixture("llama-gqa", "base");
  const adapter = fixture("llama-gqa", "adapter");

  it("writes a GGUF file with the adapter's tensors under llama.cpp's names", async () => {
    const out = work.path("lora.gguf");
    const { code, json, stderr } = await work.call(
      ...["export", "--model", model, "--adapter", adapter, "--out", out, "--dtype", "F16", "--json"],
    );
    expect(code, stderr).toBe(0);
    const bytes = await readFile(out);
    expect(json.at(-1)).toMatchObject({ out, format: "gguf", dtype: "F16", bytes: bytes.length });
    const { tensors, metadata } = await openGguf(bytesSource(bytes, out));
    expect([...tensors.keys()]).toContain("blk.0.attn_q.weight.lora_b");
    expect(metadata.get("general.type")).toBe("adapter");
  });

  it("writes a folder for mlx_lm, which reads as the adapter that it was", async () => {
    const out = work.path("for-mlx");
    const { code, json, stderr } = await work.call(...shell`export --adapter ${adapter} --to mlx --out ${out} --json`);
    expect(code, stderr).toBe(0);
    expect(json.at(-1)).toMatchObject({ out, format: "mlx", dtype: "F32" });
    const [there, here] = [await readAdapterFolder(out), await readAdapterFolder(adapter)];
    expect(there.tensors).toEqual(here.tensors);
  });

  it("writes a file of Kohya's or of loralib's, and reads one of Kohya's as an adapter", async () => {
    const out = work.path("style.safetensors");
    const kohya = ["export", "--to", "kohya", "--adapter", adapter, "--out", out];
    const { code, json, stderr } = await work.call(...kohya, "--json");
    expect(code, stderr).toBe(0);
    expect(json.at(-1)).toMatchObject({ out, format: "kohya", bytes: (await readFile(out)).length });
    expect((await work.call(...kohya)).stderr).toContain("--overwrite");
    expect((await work.call(...kohya, "--overwrite")).code).toBe(0);
    const diffusers = work.path("diffusers.safetensors");
    const asDiffusers = ["export", "--to", "diffusers", "--component", "te2", "--adapter", adapter, "--out", diffusers];
    expect((await work.call(...asDiffusers)).code).toBe(0);
    const [there] = [...(await readAdapterFolder(diffusers)).tensors.keys()];
    expect(there).toMatch(/^text_encoder_2\.model\.layers\.0\..*\.lora_A\.weight$/);
    const seen = await work.call("inspect", diffusers);
    expect(seen.stdout).toMatch(/diffusers adapter .*\n.*\n.*\n +rank +/);
    expect((await work.call("inspect", out, "--json")).json.at(-1)).toMatchObject({ kind: "adapter", format: "Kohya" });
    const ofKohya = await work.call("export", "--to", "diffusers", "--adapter", out, "--out", work.path("not"));
    expect(ofKohya.stderr).toContain("an underscore may mean a dot");
    const loralib = work.path("loralib.safetensors");
    expect((await work.call("export", "--to", "loralib", "--adapter", adapter, "--out", loralib)).code).toBe(0);
    expect((await readLoralibAdapter(await readFile(loralib))).tensors).toEqual(
      (await readAdapterFolder(adapter)).tensors,
    );
    const again = work.path("again.safetensors");
    expect((await work.call("export", "--to", "kohya", "--adapter", out, "--out", again)).code).toBe(0);
    expect(await readFile(again)).toEqual(await readFile(out));
  });

  it("replaces its own file on request, and no other", async () => {
    const again = (out: string, ...more: readonly string[]) =>
      work.call("export", "--model", model, "--adapter", adapter, "--out", out, ...more);
    const out = work.path("twice.gguf");
    expect((await again(out)).code).toBe(0);
    expect((await again(out)).stderr).toContain("--overwrite");
    expect((await again(out, "--overwrite")).code).toBe(0);
    const notes = work.write("notes.gguf", "mine");
    expect((await again(notes, "--overwrite")).stderr).toContain('"lowrank export"');
    expect(await readFile(notes, "utf8")).toBe("mine");
  });

  it("names parts that llama.cpp's format cannot store, and writes nothing", async () => {
    const dora = ["--model", fixture("dora-linear", "base"), "--adapter", fixture("dora-linear", "adapter")];
    const { code, stderr } = await work.call("export", ...dora, "--out", work.path("dora.gguf"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/use_dora = true: /);
    await expect(readFile(work.path("dora.gguf"))).rejects.toThrow(/ENOENT/);
  });

  it("writes an ONNX model for transformers.js, and one type of weights on request", async () => {
    const made = ["export", "--to", "onnx", "--model", model, "--adapter", adapter, "--out"];
    const { code, json, stderr } = await work.call(...made, work.path("own-onnx"), "--json");
    expect(code, stderr).toBe(0);
    const files = ["onnx/model.onnx", "onnx/model_quantized.onnx", "config.json"];
    expect(json.at(-1)).toMatchObject({ format: "onnx", task: "causal-lm", files: files.map((name) => ({ name })) });
    const { stdout } = await work.call(...made, work.path("rounded-onnx"), "--dtype", "INT8");
    expect(stdout).toContain("onnx/model_quantized.onnx");
    expect(stdout).not.toContain("onnx/model.onnx");
    const refused = await work.call(...made, work.path("not"), "--dtype", "F16");
    expect(refused.stderr).toContain("--to onnx writes F32, INT8 or both, not F16");
    const t5 = ["--to", "onnx", "--model", fixture("t5", "base"), "--adapter", fixture("t5", "adapter")];
    const { stderr: reason } = await work.call("export", ...t5, "--out", work.path("not"));
    expect(reason).toContain("it is no plain encoder or decoder of texts (t5)");
  });

  it("puts an adapter into an ONNX model", async () => {
    const out = work.path("onnx");
    const onnx = fileURLToPath(new URL("../../../../../fixtures/onnx/all-linear-llama.onnx", import.meta.url));
    const taught = ["export", "--to", "onnx", "--model", onnx, "--adapter", fixture("all-linear-llama", "adapter")];
    const { code, json, stderr } = await work.call(...taught, "--out", out, "--json");
    expect(code, stderr).toBe(0);
    expect(json.at(-1)).toMatchObject({ format: "onnx", switchable: false, files: ["all-linear-llama.onnx"] });
    expect(json.at(-1)).toMatchObject({ compared: 0 });
    expect(stderr).toContain("was not compared with the adapter's base");
    const [before, after] = await Promise.all([readFile(onnx), readFile(`${out}/all-linear-llama.onnx`)]);
    expect(after.length).toBe(before.length);
    expect(after.equals(before)).toBe(false);
    const { stdout } = await work.call(...taught, "--out", out, "--overwrite", "--switchable");
    expect(stdout).toContain("14 branches beside nodes");
    expect((await work.call(...taught, "--out", work.path("not"), "--dtype", "F16")).stderr).toContain(
      "--dtype is for --to gguf",
    );
    const file = ["--to", "onnx-adapter", "--adapter", fixture("all-linear-llama", "adapter"), "--model"];
    const refused = await work.call("export", ...file, onnx, "--out", work.path("not"));
    expect(refused.stderr).toContain("q_proj: the model is not switchable at this module");
    const switchable = work.path("switchable");
    const made = await work.call(...taught, "--out", switchable, "--switchable", "adapter-files");
    expect(made.stdout, made.stderr).toContain("--to onnx-adapter");
    const adapterFile = work.path("a.onnx_adapter");
    const written = await work.call("export", ...file, `${switchable}/all-linear-llama.onnx`, "--out", adapterFile);
    expect(written.code, written.stderr).toBe(0);
    expect((await readFile(adapterFile)).subarray(4, 8).toString()).toBe("TORT");
  });

  it("compares an ONNX model with the base in the adapter's metadata, and refuses another", async () => {
    const remembering = async (name: string, base: string) => {
      const folder = work.path(name);
      await cp(fixture("all-linear-llama", "adapter"), folder, { recursive: true });
      const config = JSON.parse(await readFile(`${folder}/adapter_config.json`, "utf8"));
      const stored = { ...config, base_model_name_or_path: base };
      await writeFile(`${folder}/adapter_config.json`, JSON.stringify(stored));
      return folder;
    };
    const onnx = fileURLToPath(new URL("../../../../../fixtures/onnx/all-linear-llama.onnx", import.meta.url));
    const put = (folder: string, ...more: readonly string[]) =>
      work.call("export", "--to", "onnx", "--model", onnx, "--adapter", folder, "--json", "--out", ...more);
    const own = await put(await remembering("own", fixture("all-linear-llama", "base")), work.path("of-own"));
    expect(own.json.at(-1), own.stderr).toMatchObject({ compared: 14 });
    const other = await remembering("other", fixture("pissa", "base"));
    const refused = await put(other, work.path("of-other"));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--allow-different-base")]);
    await expect(readFile(work.path("of-other/all-linear-llama.onnx"))).rejects.toThrow(/ENOENT/);
    expect((await put(other, work.path("allowed"), "--allow-different-base")).code).toBe(0);
  });
});
