import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PathNotFoundError } from "../errors/usage-errors.ts";
import { inspect } from "./inspect.ts";

const repository = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

describe("inspect", () => {
  it("shows an adapter's configuration and the requirements of its base, as numbers", async () => {
    const found = await inspect(repository("fixtures/lora-features/bd-lora/adapter"));
    if (found.kind !== "adapter") throw new Error(found.kind);
    expect(found.config.rank).toBe(4);
    expect(found.modules.find(({ path }) => path.endsWith("down_proj"))).toMatchObject({
      rank: 4,
      inFeatures: 40,
      outFeatures: 24,
    });
    expect(found.parameters).toBe(found.bytes / 4);
  });

  it("shows a model's config.json, raw and parsed", async () => {
    const found = await inspect(repository("packages/tiny-model/model"));
    if (found.kind !== "model") throw new Error(found.kind);
    expect(found).toMatchObject({ task: "causal-lm", hasTokenizer: true, warnings: [] });
    expect(found.understood?.layers).toBe(found.config.num_hidden_layers);
    expect(found.tensors.length).toBeGreaterThan(10);
  });

  it("looks into files that a program has in its hands, an only one too", async () => {
    const weights = new File(
      [await readFile(repository("packages/tiny-model/model/model.safetensors"))],
      "any.safetensors",
    );
    const alone = await inspect([weights]);
    expect(alone).toMatchObject({ kind: "safetensors", path: "the files/any.safetensors", fileBytes: weights.size });
    const folder = "fixtures/lora-features/bd-lora/adapter";
    const names = ["adapter_config.json", "adapter_model.safetensors"];
    const files = names.map(async (name) => new File([await readFile(repository(`${folder}/${name}`))], name));
    const { path, ...found } = await inspect(await Promise.all(files));
    expect(await inspect(repository(folder))).toMatchObject(found);
  });

  it("refuses a missing path, and a path that is neither", async () => {
    await expect(inspect(repository("no-such-path"))).rejects.toBeInstanceOf(PathNotFoundError);
    await expect(inspect(repository("docs"))).rejects.toMatchObject({ code: "NOT_INSPECTABLE" });
  });
});
