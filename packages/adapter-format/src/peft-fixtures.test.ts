// Adapters that PEFT 0.21.2 wrote, read and written again.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Warning } from "@lowrank/contracts";
import { fixturesRoot } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { parseLoraConfig } from "./parse-lora-config.ts";
import { readAdapter } from "./read-adapter.ts";
import { rankOf, scalingOf } from "./scaling.ts";
import { serializeLoraConfig } from "./serialize-lora-config.ts";
import { writeAdapter } from "./write-adapter.ts";

const names = readdirSync(fixturesRoot, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

function filesOf(name: string): { config: string; weights: Uint8Array } {
  const folder = join(fixturesRoot, name, "adapter");
  return {
    config: readFileSync(join(folder, "adapter_config.json"), "utf8"),
    weights: readFileSync(join(folder, "adapter_model.safetensors")),
  };
}

/** A configuration as JSON, with the lists that PEFT holds as sets sorted. */
function comparable(json: string): Record<string, unknown> {
  const config: Record<string, unknown> = JSON.parse(json);
  for (const key of ["target_modules", "exclude_modules"])
    if (Array.isArray(config[key])) config[key] = [...config[key]].sort();
  return config;
}

describe("an adapter that PEFT wrote", () => {
  it.each(names)(
    "%s: reading and writing gives the same weights file, byte for byte, and the same configuration",
    async (name) => {
      const files = filesOf(name);
      const warnings: Warning[] = [];
      const adapter = await readAdapter({ ...files, name }, { onWarning: (warning) => warnings.push(warning) });
      const written = writeAdapter(adapter, { dtype: name === "fp16-adapter" ? "F16" : "F32" });
      expect(warnings).toEqual([]);
      expect(comparable(written["adapter_config.json"])).toEqual(comparable(files.config));
      expect(Buffer.compare(written["adapter_model.safetensors"], files.weights)).toBe(0);
    },
  );

  it.each(names)("%s: the configuration's text is PEFT's to the letter, sets aside", (name) => {
    const { config } = filesOf(name);
    const lists = /"(target_modules|exclude_modules)": \[[^\]]*\]/g;
    const written = serializeLoraConfig(parseLoraConfig(config));
    expect(written.replace(lists, "")).toBe(config.replace(lists, ""));
  });

  it.each(names)("%s: every module's rank and scale are those PEFT computed", async (name) => {
    const expected: { scaling: Record<string, number>; rank: Record<string, number> } = JSON.parse(
      readFileSync(join(fixturesRoot, name, "expected.json"), "utf8"),
    );
    const { config } = await readAdapter(filesOf(name));
    const paths = Object.keys(expected.scaling);
    expect(paths.map((path) => scalingOf(config, path))).toEqual(Object.values(expected.scaling));
    expect(paths.map((path) => rankOf(config, path))).toEqual(paths.map((path) => expected.rank[path]));
  });
});
